import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { afterEach, expect, test } from 'vitest';
import { MikeyCounters } from '../../../lib/distribution/delivery/counter.ts';
import {
  Delivery,
  type DeliveryCount,
  type DeliverySettings,
} from '../../../lib/distribution/delivery/delivery.ts';
import { DeliveryError, DeliveryInterrupted } from '../../../lib/distribution/errors.ts';
import type { Recipient } from '../../../lib/distribution/recipients/recipient.ts';
import { openDatagramTransport } from '../../../lib/distribution/transport/dgram-transport.ts';
import type { Pacing } from '../../../lib/events/contracts.ts';
import { btidOf } from '../../../lib/gba/btid.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';
import { randOfMsk } from '../../../lib/keys/msk-rand.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { decodeMikeyMessage } from '../../../lib/mikey/index.ts';
import { buildMskMessages } from '../../../lib/mikey/message/msk-batch.ts';
import { checkVerificationMessages } from '../../../lib/mikey/message/verification-batch.ts';
import { GROUP, type TestUe } from '../population.ts';
import { type Fate, startUes, type TestUesOptions } from '../ues.ts';

const MSK = new SecretKey(randomBytes(16));
const MSK_CONTENT = {
  kind: 'msk',
  ...GROUP,
  mskId: { keyGroup: GROUP.keyGroup, keyNumber: 1 },
  msk: { keyNumber: 1, msk: MSK, validity: FULL_VALIDITY },
  verification: true,
} as const;

const RAND_OF_MSK = Buffer.from(randOfMsk(GROUP.keyDomainId, MSK_CONTENT.mskId, MSK)).toString('hex');

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function testUes(count: number): TestUe[] {
  return Array.from({ length: count }, (_, index) => ({
    impi: parseImpi(`ue${index}@home1.net`),
    btid: btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' }),
    muk: new SecretKey(randomBytes(32)),
  }));
}

/** A delivery on a socket of its own, and UEs that it reaches over a network that may be bad. */
async function connect(
  count: number,
  options: TestUesOptions & Pick<DeliverySettings, 'mskRand'> = {},
  firstMs = 100,
  perSecond = 100_000,
) {
  const counts: DeliveryCount[] = [];
  const ues = await startUes(options);
  const joined = ues.join(testUes(count));
  const transport = await openDatagramTransport([{ address: '127.0.0.1', port: 0 }]);
  const delivery = new Delivery(
    {
      nafFqdn: 'bmsc.home1.net',
      ...(options.mskRand && { mskRand: options.mskRand }),
      retransmission: { tries: 4, firstMs },
      perSecond,
      perPrefixPerSecond: undefined,
      prefixLengths: { ipv4: 24, ipv6: 56 },
    },
    {
      transport,
      buildMskMessages,
      checkVerificationMessages,
      counters: new MikeyCounters(),
      now: Date.now,
      elapsed: () => performance.now(),
      random: Math.random,
      randomOctets: (length) => randomBytes(length),
      report: (count) => counts.push(count),
    },
  );
  transport.listen(({ octets }) => delivery.receive(octets));
  closing.push(async () => {
    delivery.interrupt();
    await transport.close();
    await ues.close();
  });
  const recipients: Recipient[] = joined.map(({ impi, btid, muk }) => ({
    impi,
    btid,
    muk,
    bootstrappedAt: Date.now() - 60_000,
    expiresAt: Date.now() + 3_600_000,
    address: ues.address,
  }));
  const deliver = (
    pacing: Pacing = {},
    content: Parameters<typeof delivery.deliver>[0]['content'] = MSK_CONTENT,
  ) => delivery.deliver({ sendQueue: 'test', content, pacing, recipients });
  const ignored = (reason: string) =>
    counts.filter((count) => count.kind === 'ignored' && count.reason === reason).length;
  const sent = () => counts.reduce((sum, count) => sum + (count.kind === 'sent' ? count.messages : 0), 0);
  const [address] = transport.addresses;
  if (address === undefined) throw new Error('there is no socket');
  return { delivery, deliver, ues, joined, counts, ignored, sent, address, recipients };
}

/** Datagrams lost, repeated and late, for each with its own probability. */
function badNetwork(lost: number): (direction: 'to-ue' | 'from-ue') => Fate {
  return () => ({
    copies: Math.random() < lost ? 0 : Math.random() < 0.2 ? 2 : 1,
    delayMs: Math.random() < 0.2 ? Math.random() * 60 : 0,
  });
}

test('over a network that loses a fifth both ways, repeats and reorders, every UE ends verified or listed', async () => {
  const { deliver, ues, joined, delivery } = await connect(500, { fate: badNetwork(0.2) }, 100, 1500);
  const { verified, sent, failed } = await deliver();
  const unverified = failed['not-verified'] ?? [];
  expect(verified.length + unverified.length).toBe(500);
  expect(new Set([...verified, ...unverified]).size).toBe(500);
  expect(sent).toEqual([]);
  // 0.36 to the fourth of them are lost four times: some 8.
  expect(unverified.length).toBeLessThan(40);
  const holders = new Set(joined.filter(({ ring }) => ring.list().length > 0).map(({ impi }) => impi));
  for (const impi of verified) expect(holders).toContain(impi);
  expect(ues.holders(MSK)).toBe(holders.size);
  expect(delivery.uesInProgress).toBe(0);
});

test('a repeated message is a new one, so that a UE whose verification was lost answers again', async () => {
  let lost = 0;
  const { deliver, ues, joined } = await connect(1, {
    answer: (octets) => {
      lost += 1;
      return lost <= 2 ? [] : [octets];
    },
  });
  const { verified } = await deliver();
  expect(verified).toEqual([joined[0]?.impi]);
  expect(joined[0]?.messages.map(({ kind }) => kind)).toEqual(['msk', 'msk', 'msk']);
  const messages = ues.received.map(({ octets }) => decodeMikeyMessage(octets));
  expect(new Set(messages.map(({ header }) => header.csbId)).size).toBe(1);
  const rands = new Set(messages.map(({ rand }) => Buffer.from(rand ?? []).toString('hex')));
  expect(rands).toEqual(new Set([RAND_OF_MSK]));
  const counters = messages.map(({ timestamp }) => timestamp.counter ?? 0);
  expect(counters).toEqual([...counters].sort((one, other) => one - other));
  expect(new Set(counters).size).toBe(3);
});

test('each message has a RAND of its own where the setting says so', async () => {
  const { deliver, ues } = await connect(3, { mskRand: 'per-message' });
  await deliver();
  const rands = ues.received.map(({ octets }) => Buffer.from(decodeMikeyMessage(octets).rand ?? []));
  expect(new Set(rands.map((rand) => rand.toString('hex'))).size).toBe(3);
});

test('silence is met with four messages at doubling distances, and then the UE is listed as not verified', async () => {
  const { deliver, ues } = await connect(1, { answer: () => [] });
  const { failed } = await deliver();
  expect(failed['not-verified']).toHaveLength(1);
  const times = ues.received.map(({ at }) => at);
  expect(times).toHaveLength(4);
  const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  for (const [index, wait] of waits.entries()) {
    expect(wait).toBeGreaterThan(100 * 2 ** index * 0.79);
    expect(wait).toBeLessThan(100 * 2 ** index * 1.21 + 60);
  }
});

test('a late answer to an earlier message confirms the delivery', async () => {
  const kept: Uint8Array[] = [];
  const { deliver, joined } = await connect(1, {
    answer: (octets) => {
      kept.push(octets);
      const [first] = kept;
      return kept.length === 3 && first !== undefined ? [first] : [];
    },
  });
  expect((await deliver()).verified).toEqual([joined[0]?.impi]);
  expect(kept).toHaveLength(3);
});

test('forged, truncated, foreign and repeated verification messages have no effect and are counted', async () => {
  const answers: Uint8Array[] = [];
  const { deliver, ues, address, ignored, delivery, counts } = await connect(20, {
    answer: (octets) => {
      answers.push(octets);
      return [];
    },
  });
  const delivering = deliver();
  await expect.poll(() => answers.length).toBe(20);
  const forge = async (change: (octets: Uint8Array) => Uint8Array) => {
    for (const octets of answers) await ues.send(change(Uint8Array.from(octets)), address);
  };
  // The MAC, the counter, the CSB ID, and what is cut off.
  await forge((octets) => octets.with(octets.length - 1, (octets.at(-1) ?? 0) ^ 1));
  await forge((octets) => octets.with(15, (octets[15] ?? 0) ^ 0x40));
  await forge((octets) => octets.with(4, (octets[4] ?? 0) ^ 0x80));
  await forge((octets) => octets.subarray(0, octets.length - 5));
  await forge((octets) => octets.subarray(0, 5));
  await forge(() => new Uint8Array(1400));
  await expect.poll(() => counts.filter(({ kind }) => kind === 'ignored').length).toBe(120);
  expect(ignored('not-authentic')).toBe(40);
  expect(ignored('not-expected')).toBe(20);
  expect(ignored('malformed')).toBe(60);
  expect(delivery.uesInProgress).toBe(20);
  const right = answers.slice(0, 20);
  for (const octets of right) for (let copy = 0; copy < 3; copy++) await ues.send(octets, address);
  expect((await delivering).verified).toHaveLength(20);
  await expect.poll(() => ignored('not-expected')).toBe(60);
});

test('the verification message of one UE does not confirm another', async () => {
  const { deliver, joined } = await connect(2, {
    // UE 1 answers with the answer of UE 0 under its own CSB ID.
    answer: (octets, ue) => {
      if (ue.impi === 'ue0@home1.net') {
        stolen = octets;
        return [];
      }
      return stolen === undefined ? [] : [Uint8Array.from([...octets.subarray(0, 8), ...stolen.subarray(8)])];
    },
  });
  let stolen: Uint8Array | undefined;
  const { failed } = await deliver();
  expect(failed['not-verified']?.toSorted()).toEqual(joined.map(({ impi }) => impi).toSorted());
});

test('messages that ask for no verification are sent once, and are over when the system has taken them', async () => {
  const { deliver, ues, sent } = await connect(10);
  const outcome = await deliver({}, { ...MSK_CONTENT, verification: false });
  expect(outcome).toMatchObject({ verified: [], failed: {} });
  expect(outcome.sent).toHaveLength(10);
  await expect.poll(() => ues.received.length).toBe(10);
  expect(sent()).toBe(10);
});

// Again when the machine stood still for a tenth of a second.
test('a solicited pull is spread over its window', { retry: 2 }, async () => {
  const { deliver, ues } = await connect(200);
  const startedAt = performance.now();
  await deliver({ spreadSeconds: 1 }, { kind: 'solicited-pull', ...GROUP });
  await expect.poll(() => ues.received.length).toBe(200);
  const times = ues.received.map(({ at }) => at - startedAt);
  for (let tenth = 0; tenth < 10; tenth++) {
    const inTenth = times.filter((time) => time >= tenth * 100 && time < (tenth + 1) * 100 + 20).length;
    expect(inTenth).toBeGreaterThan(3);
    expect(inTenth).toBeLessThan(60);
  }
});

test('a push goes out at its pace, its repetitions included, and another is not held up by it', async () => {
  const { deliver, delivery, recipients, ues } = await connect(60, { answer: () => [] }, 200);
  const startedAt = performance.now();
  const slow = deliver({ perSecond: 100 });
  const fast = delivery.deliver({
    sendQueue: 'another',
    content: { ...MSK_CONTENT, verification: false },
    pacing: {},
    recipients: recipients.slice(0, 20),
  });
  await fast;
  expect(performance.now() - startedAt).toBeLessThan(150);
  await slow;
  await expect.poll(() => ues.received.length).toBe(60 * 4 + 20);
  const times = ues.received.map(({ at }) => at);
  const spread = (times.at(-1) ?? 0) - (times[0] ?? 0);
  expect(spread).toBeGreaterThan((60 * 4 * 1000) / 100 - 150);
});

test('a message to one UE is not held up by a push that takes the whole rate of the sender', async () => {
  const { deliver, delivery, recipients } = await connect(200, {}, 2000, 100);
  const push = deliver({});
  const startedAt = performance.now();
  await delivery.deliver({
    sendQueue: 'another',
    content: MSK_CONTENT,
    pacing: {},
    recipients: recipients.slice(0, 1),
  });
  expect(performance.now() - startedAt).toBeLessThan(300);
  delivery.interrupt();
  await expect(push).rejects.toThrow(DeliveryInterrupted);
});

test('a UE without a route fails immediately, and one with a used-up counter as counter-exhausted', async () => {
  const { delivery, recipients } = await connect(1);
  const [recipient] = recipients;
  if (recipient === undefined) throw new Error('there is no recipient');
  const outcome = await delivery.deliver({
    sendQueue: 'test',
    content: MSK_CONTENT,
    pacing: {},
    recipients: [
      { ...recipient, impi: parseImpi('six@home1.net'), address: { address: '2001:db8::1', port: 2269 } },
      { ...recipient, impi: parseImpi('old@home1.net'), bootstrappedAt: Date.now() - 500 * 24 * 3600 * 1000 },
    ],
  });
  expect(outcome.failed).toEqual({ 'no-route': ['six@home1.net'], 'counter-exhausted': ['old@home1.net'] });
  expect(new DeliveryError('no-route', '')).toBeInstanceOf(Error);
});

test('what is interrupted says so, and answers that come then are not expected', async () => {
  const answers: Uint8Array[] = [];
  const { deliver, delivery, ues, address, ignored } = await connect(5, {
    answer: (octets) => {
      answers.push(octets);
      return [];
    },
  });
  const delivering = deliver();
  await expect.poll(() => answers.length).toBe(5);
  delivery.interrupt();
  await expect(delivering).rejects.toThrow(DeliveryInterrupted);
  expect(delivery.uesInProgress).toBe(0);
  for (const octets of answers) await ues.send(octets, address);
  await expect.poll(() => ignored('not-expected')).toBe(5);
});

test('what is ordered after an interruption is not begun', async () => {
  const { deliver, delivery, sent } = await connect(5);
  delivery.interrupt();
  await expect(deliver()).rejects.toThrow(DeliveryInterrupted);
  expect([delivery.uesInProgress, sent()]).toEqual([0, 0]);
});

test('nothing is sent again under a MUK whose lifetime is over, and who did not answer by then is not verified', async () => {
  const { delivery, recipients, sent } = await connect(2, { answer: () => [] }, 200);
  const expiresAt = Date.now() + 100;
  const outcome = await delivery.deliver({
    sendQueue: 'test',
    content: MSK_CONTENT,
    pacing: {},
    recipients: recipients.map((each) => ({ ...each, expiresAt })),
  });
  expect(outcome.failed['not-verified']?.toSorted()).toEqual(recipients.map(({ impi }) => impi));
  expect(sent()).toBe(2);
});
