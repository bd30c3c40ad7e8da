import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { hmacSha1 } from '../../lib/mikey/crypto/hmac-sha1.ts';
import { authKeyOf } from '../../lib/mikey/crypto/key-derivation.ts';
import {
  checkVerificationMessages,
  encodeVerificationMessage,
  type MskRecipient,
  octetsOfUeId,
  type SentWith,
  type VerificationChecker,
} from '../../lib/mikey/index.ts';
import { counterTimestamp } from '../../lib/mikey/payload/t.ts';
import { loadModule, loadMskBuilder } from '../../lib/native/module/load.ts';
import { createSimdChecker } from '../../lib/native/verification-checker.ts';
import { ADDRESSING } from '../mikey/messages.ts';
import vectors from '../vectors/mikey.json' with { type: 'json' };

let check: VerificationChecker;
beforeAll(async () => {
  const { kind, check: loaded } = await loadMskBuilder();
  expect(kind).toBe('wasm-simd');
  check = loaded;
});

const { bmscId, ...someone } = ADDRESSING;

/** A message, and what its UE was sent. */
interface Answer {
  readonly message: Uint8Array;
  readonly sent: MskRecipient;
}

const sentWith =
  (answers: readonly Answer[]): SentWith =>
  (index, counter) => {
    const sent = answers[index]?.sent;
    return sent?.counter === counter ? sent : undefined;
  };

/** Both checkers' verdicts, which must be the same. */
function verdicts(answers: readonly Answer[], ofBmsc = bmscId) {
  const messages = answers.map(({ message }) => message);
  const plain = checkVerificationMessages(messages, ofBmsc, sentWith(answers));
  const fast = check(messages, ofBmsc, sentWith(answers));
  expect(fast).toEqual(plain);
  return plain;
}

function octetsOf(sent: MskRecipient) {
  return { ...sent, bmscId, ueId: octetsOfUeId(sent.ueId) };
}

function answerOf(sent: MskRecipient): Answer {
  return { message: encodeVerificationMessage(octetsOf(sent)), sent };
}

/** Puts the MAC at the end that whoever holds the MUK would put there, whatever the message is. */
function withMac({ message, sent }: Answer): Answer {
  const { muk, csbId, rand, ueId, counter } = octetsOf(sent);
  const covered = message.subarray(0, Math.max(0, message.length - 20));
  const auth = authKeyOf(muk, csbId, rand).exposeOctets();
  const mac = hmacSha1(auth, [covered, bmscId, ueId, counterTimestamp(counter).value]);
  return { message: Uint8Array.from([...covered, ...mac]), sent };
}

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const uint32 = fc.nat({ max: 0xffff_ffff });
const ueId = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const sent: fc.Arbitrary<MskRecipient> = fc.record({
  muk: octets(32).map((key) => new SecretKey(key)),
  rand: octets(16),
  csbId: uint32,
  counter: uint32,
  ueId,
});

/** What a network or an attacker makes of an answer. */
const fate: fc.Arbitrary<(answer: Answer) => Answer> = fc.oneof(
  fc.constant((answer: Answer) => answer),
  octets(20).map((mac) => ({ message, sent }: Answer) => ({
    message: Uint8Array.from([...message.subarray(0, -20), ...mac]),
    sent,
  })),
  fc.nat({ max: 4000 }).map((bit) => ({ message, sent }: Answer) => {
    const at = bit % (message.length * 8);
    return { message: message.with(at >> 3, (message[at >> 3] ?? 0) ^ (1 << (at & 7))), sent };
  }),
  fc.nat({ max: 200 }).map((length) => ({ message, sent }: Answer) => ({
    message: message.subarray(0, length),
    sent,
  })),
  fc.nat({ max: 200 }).map((more) => ({ message, sent }: Answer) => ({
    message: Uint8Array.from([...message, ...new Uint8Array(more)]),
    sent,
  })),
  fc.uint8Array({ maxLength: 300 }).map((message) => ({ sent }: Answer) => ({ message, sent })),
  // Of another counter, under another MUK, for another B-TID or CSB ID, each with the right MAC of its own.
  sent.map((other) => ({ sent }: Answer) => ({
    message: answerOf({ ...sent, counter: other.counter }).message,
    sent,
  })),
  sent.map((other) => ({ sent }: Answer) => ({
    message: answerOf({ ...sent, muk: other.muk }).message,
    sent,
  })),
  sent.map(
    (other) =>
      ({ sent }: Answer) =>
        withMac({ message: answerOf({ ...sent, ueId: other.ueId }).message, sent }),
  ),
  sent.map(
    (other) =>
      ({ sent }: Answer) =>
        withMac({ message: answerOf({ ...sent, csbId: other.csbId }).message, sent }),
  ),
);

/** Payloads by their type, behind the first octet of each; some are malformed. */
const sized = (bytes: 1 | 2, max: number) =>
  fc.uint8Array({ maxLength: max }).map((data) => [...(bytes === 2 ? [0] : []), data.length, ...data]);
const octet = (max: number) => fc.integer({ min: 0, max });
const joined = (...parts: fc.Arbitrary<number | number[]>[]) => fc.tuple(...parts).map((all) => all.flat());
const keyIds = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom([0, 3, 1, 2, 3], [1, 4, 1, 2, 3, 4], [2, 2, 1, 2]) },
      fc.uint8Array({ maxLength: 5 }).map((data) => [...data]),
    ),
    { maxLength: 3 },
  )
  .map((ids) => ids.flat());
const policies = fc.array(sized(1, 3), { maxLength: 3 }).map((all) => all.flatMap((each) => [7, ...each]));
const lengthBefore = (data: fc.Arbitrary<number[]>) => data.map((all) => [0, all.length, ...all]);
const BODIES: readonly (readonly [type: number, body: fc.Arbitrary<number[]>])[] = [
  [11, sized(1, 20)],
  [6, joined(octet(3), sized(2, 40))],
  [10, joined(octet(255), octet(1), lengthBefore(policies))],
  [10, joined(octet(255), octet(1), sized(2, 9))],
  [21, joined(octet(4), sized(2, 20))],
  [21, joined(fc.constant(3), lengthBefore(keyIds))],
  [12, joined(octet(255), fc.constant([0, 0]))],
  [5, joined(octet(3), fc.constant([0, 0, 0, 0]))],
  [1, joined(octet(2), sized(2, 9), fc.constantFrom<number[]>([0], [1, ...new Uint8Array(20)], [2]))],
  [9, fc.constantFrom<number[]>([0], [1, ...new Uint8Array(20)], [2])],
  [20, sized(1, 5)],
];
const payload = fc.oneof(
  ...BODIES.map(([type, body]) => body.map((octets) => ({ type, octets }))),
  fc.record({ type: octet(30), octets: sized(1, 8) }),
);

/** A message of T, IDr, any payloads and V, with the MAC of who holds the MUK. */
const strange: fc.Arbitrary<Answer> = fc
  .record({
    sent,
    payloads: fc.array(payload, { maxLength: 3 }),
    dataType: fc.constantFrom(1, 1, 1, 1, 0, 6, 2),
    version: fc.constantFrom(1, 1, 1, 1, 1, 1, 2),
    flags: fc.constantFrom(0, 0, 0x80, 1),
    map: fc.constantFrom([0, 1], [0, 1], [0, 0], [1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1], [0, 2]),
    withId: fc.constantFrom(true, true, true, false),
    timestamp: fc.constantFrom('counter', 'counter', 'counter', 'time', 'none'),
    cutOff: fc.constantFrom(0, 0, 0, 0, 1, 9),
  })
  .map(({ sent, payloads, dataType, version, flags, map, withId, timestamp, cutOff }) => {
    const id = octetsOfUeId(sent.ueId);
    const counter = counterTimestamp(sent.counter).value;
    const all = [
      ...(timestamp === 'counter' ? [{ type: 5, octets: [2, ...counter] }] : []),
      ...(timestamp === 'time' ? [{ type: 5, octets: [1, ...new Uint8Array(8)] }] : []),
      ...(withId ? [{ type: 6, octets: [0, id.length >> 8, id.length & 0xff, ...id] }] : []),
      ...payloads,
      { type: 9, octets: [1, ...new Uint8Array(20)] },
    ];
    const csbId = new Uint8Array(4);
    new DataView(csbId.buffer).setUint32(0, sent.csbId);
    const header = [version, dataType, all[0]?.type ?? 0, flags, ...csbId, ...map];
    const chain = all.flatMap(({ octets }, index) => [all[index + 1]?.type ?? 0, ...octets]);
    const { message } = withMac({ message: Uint8Array.from([...header, ...chain]), sent });
    return { message: message.subarray(0, message.length - cutOff), sent };
  });

describe('verification messages checked in lanes have the verdicts of the reference', () => {
  it('whatever a network or an attacker makes of them, and in any mixture', () => {
    const answer = fc.tuple(sent, fate).map(([sent, change]) => change(answerOf(sent)));
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 20 }), (answers) => {
        for (const verdict of verdicts(answers)) seen.add(verdict);
      }),
      { numRuns: 300 },
    );
    expect([...seen].sort()).toEqual(['authentic', 'malformed', 'not-authentic']);
  });

  it('for any chain of payloads, with the MAC of who holds the MUK', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(strange, { maxLength: 10 }), (answers) => {
        for (const verdict of verdicts(answers)) seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
      }),
      { numRuns: 600 },
    );
    for (const verdict of ['authentic', 'malformed', 'not-authentic'])
      expect(seen.get(verdict)).toBeGreaterThan(20);
  });

  it('for every octet that is changed, and every length that is left', () => {
    const { message, sent } = answerOf(someone);
    const changed = Array.from(message, (octet, at) => ({ message: message.with(at, octet ^ 0x81), sent }));
    const cut = Array.from(message, (_, length) => ({ message: message.subarray(0, length), sent }));
    expect(verdicts([...changed, ...cut])).not.toContain('authentic');
    expect(verdicts([{ message, sent }])).toEqual(['authentic']);
  });

  it('for every remainder of a batch', () => {
    const answers = Array.from({ length: 33 }, (_, counter) => answerOf({ ...someone, counter }));
    const forged = ({ message, sent }: Answer) => ({
      message: message.with(-1, (message.at(-1) ?? 0) ^ 1),
      sent,
    });
    for (let count = 0; count <= answers.length; count++) {
      const some = answers.slice(0, count);
      expect(verdicts(some)).toEqual(some.map(() => 'authentic'));
      const mixed = some.map((answer, index) => (index % 3 === 1 ? forged(answer) : answer));
      expect(verdicts(mixed)).toEqual(
        mixed.map((_, index) => (index % 3 === 1 ? 'not-authentic' : 'authentic')),
      );
    }
  });

  it('for more messages than one layout of the heap holds, of many lengths', () => {
    const answers = Array.from({ length: 2500 }, (_, index) =>
      answerOf({ ...someone, counter: index, ueId: 'x'.repeat((index * 7) % 400) }),
    );
    expect(new Set(verdicts(answers))).toEqual(new Set(['authentic']));
  });

  it('for messages, keys, RANDs and IDs that the lanes do not take', () => {
    const odd: MskRecipient[] = [
      ...[16, 31, 33, 64].map((length) => ({
        ...someone,
        muk: new SecretKey(new Uint8Array(length).fill(7)),
      })),
      ...[0, 15, 17].map((length) => ({ ...someone, rand: new Uint8Array(length).fill(3) })),
      ...[2006, 2007, 5000].map((length) => ({ ...someone, ueId: 'x'.repeat(length) })),
      { ...someone, ueId: 'ü@b' },
      someone,
    ];
    expect(new Set(verdicts(odd.map(answerOf)))).toEqual(new Set(['authentic']));
    const forged = odd.map((sent) => ({
      ...answerOf(sent),
      sent: { ...sent, muk: new SecretKey(new Uint8Array(32)) },
    }));
    expect(new Set(verdicts(forged))).toEqual(new Set(['not-authentic']));
    const long = randomBytes(3000);
    const message = encodeVerificationMessage({ ...ADDRESSING, bmscId: long });
    expect(verdicts([{ message, sent: someone }], long)).toEqual(['authentic']);
  });

  it('where what was sent is not what the message says', () => {
    const { message } = answerOf(someone);
    const lies: SentWith[] = [
      () => undefined,
      () => ({ ...someone, counter: someone.counter + 1 }),
      () => ({ ...someone, csbId: someone.csbId + 1 }),
    ];
    for (const lie of lies) {
      expect(check([message], bmscId, lie)).toEqual(['not-authentic']);
      expect(checkVerificationMessages([message], bmscId, lie)).toEqual(['not-authentic']);
    }
  });

  it('for the vector', () => {
    const message = Uint8Array.from(Buffer.from(vectors.verification.message, 'hex'));
    expect(verdicts([{ message, sent: someone }])).toEqual(['authentic']);
  });
});

it('neither keys nor right MACs of forged messages stay in the memory of the module', async () => {
  const instance = (await loadModule())();
  const answers = Array.from({ length: 20 }, (_, counter) =>
    answerOf({ ...someone, counter, muk: new SecretKey(randomBytes(32)), rand: randomBytes(16) }),
  );
  const forged = answers.map(({ message, sent }) => {
    return { message: Uint8Array.from([...message.subarray(0, -20), ...randomBytes(20)]), sent };
  });
  const messages = forged.map(({ message }) => message);
  const inLanes = createSimdChecker(instance);
  expect(new Set(inLanes(messages, bmscId, sentWith(forged)))).toEqual(new Set(['not-authentic']));
  const memory = Buffer.from(instance.memory.buffer);
  const words = new Uint32Array(instance.memory.buffer);
  /** Whether the first two words of a secret stand in a lane, or its octets anywhere. */
  const isThere = (octets: Uint8Array) => {
    const secret = Buffer.from(octets);
    const [one, two] = [secret.readUInt32BE(0), secret.readUInt32BE(4)];
    return (
      memory.includes(secret.subarray(0, 16)) ||
      words.some((word, at) => word === one && words[at + 8] === two)
    );
  };
  expect(isThere(messages[19] ?? new Uint8Array())).toBe(true);
  for (const { sent, message } of answers) {
    expect(isThere(sent.muk.exposeOctets())).toBe(false);
    expect(isThere(authKeyOf(sent.muk, sent.csbId, sent.rand).exposeOctets())).toBe(false);
    expect(isThere(message.subarray(-20))).toBe(false);
  }
});

it('keys do not stay in the memory of the module when a look-up fails', async () => {
  const instance = (await loadModule())();
  const answers = [answerOf(someone), answerOf({ ...someone, counter: 1 })];
  const lost: SentWith = (index, counter) => {
    if (index === 1) throw new Error('the UE is not known any more');
    return sentWith(answers)(index, counter);
  };
  const messages = answers.map(({ message }) => message);
  expect(() => createSimdChecker(instance)(messages, bmscId, lost)).toThrow('the UE is not known any more');
  expect(Buffer.from(instance.memory.buffer).includes(Buffer.from(someone.muk.exposeOctets()))).toBe(false);
});
