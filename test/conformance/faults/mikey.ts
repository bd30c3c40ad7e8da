import { randomBytes } from 'node:crypto';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { encodeMikeyMessage, isSolicitedPull, type MikeyPayloads } from '../../../lib/mikey/index.ts';
import { type Encryption, protect } from '../../../lib/mikey/message/protection.ts';
import { keyIdExtension } from '../../../lib/mikey/payload/ext.ts';
import type { KeyData } from '../../../lib/mikey/payload/key-data.ts';
import { counterTimestamp } from '../../../lib/mikey/payload/t.ts';
import type { Fault, OpenedMessage } from '../fault.ts';

type Changes = Partial<Omit<MikeyPayloads, 'kemac' | 'verification'>> & {
  readonly keys?: readonly KeyData[];
  readonly encryption?: Encryption;
};

/** The message, made anew with changes, and a MAC that is right. */
function rebuilt(
  { message, keys, muk }: OpenedMessage,
  { keys: others, encryption, ...changes }: Changes,
): Uint8Array {
  const { header, timestamp, rand, identities, securityPolicies, extensions, errorNos, kemac } = message;
  const own = rand === undefined ? {} : { rand };
  const payloads = {
    header,
    timestamp,
    identities,
    securityPolicies,
    extensions,
    errorNos,
    ...own,
    ...changes,
  };
  const content = others ?? keys;
  return protect(
    payloads,
    muk,
    payloads.rand ?? new Uint8Array(0),
    content,
    encryption ?? kemac?.encrAlg ?? 'NULL',
  );
}

/** Breaks the messages that carry an MSK. */
function msk(
  name: string,
  rule: string,
  change: (opened: OpenedMessage) => Changes | Uint8Array | undefined,
): Fault {
  return { name, rule, datagram: (opened) => changed(opened, !isSolicitedPull(opened.message), change) };
}

/** Breaks solicited pulls. */
function pull(
  name: string,
  rule: string,
  change: (opened: OpenedMessage) => Changes | Uint8Array | undefined,
): Fault {
  return { name, rule, datagram: (opened) => changed(opened, isSolicitedPull(opened.message), change) };
}

function changed(
  opened: OpenedMessage,
  isMeant: boolean,
  change: (opened: OpenedMessage) => Changes | Uint8Array | undefined,
): Uint8Array | undefined {
  if (!isMeant) return opened.message.octets;
  const result = change(opened);
  return result === undefined || result instanceof Uint8Array ? result : rebuilt(opened, result);
}

/** The message with its last octet changed, which is of the MAC. */
function withWrongMac({ message }: OpenedMessage): Uint8Array {
  const octets = Uint8Array.from(message.octets);
  octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
  return octets;
}

const SRTP = { policyNo: 0, protType: 0, parameters: [] };

function withMskId(
  { message }: OpenedMessage,
  change: (keyGroup: number, keyNumber: number) => [number, number],
) {
  const { keyDomainId, mskId } = message.keyIds;
  if (keyDomainId === undefined || mskId === undefined) throw new Error('there is no Key ID');
  const [keyGroup, keyNumber] = change(mskId.keyGroup, mskId.keyNumber);
  return { extensions: [keyIdExtension({ keyDomainId, mskId: { keyGroup, keyNumber } })] };
}

function withKey({ keys }: OpenedMessage, change: Partial<KeyData>): Changes {
  return { keys: keys.map((key) => ({ ...key, ...change })) };
}

const counterOf = ({ message }: OpenedMessage) => message.timestamp.counter ?? 0;

/** Breaks MSK messages so that the UE can't verify them. */
function unverifiable(...[name, rule, change]: Parameters<typeof msk>): Fault {
  return { ...msk(name, rule, change), isSettled: true };
}

/** Breaks the counters of MSK messages; solicited pulls have the greatest. */
function counting(name: string, rule: string, counterFor: (opened: OpenedMessage) => number): Fault {
  const datagram = (opened: OpenedMessage) => {
    const counter = isSolicitedPull(opened.message) ? GREATEST_COUNTER : counterFor(opened);
    return rebuilt(opened, { timestamp: counterTimestamp(counter) });
  };
  return { name, rule, datagram };
}

const GREATEST_COUNTER = 0xfffffff0;

/** Faults in MSK messages. */
const MESSAGES: readonly Fault[] = [
  unverifiable('an MSK message is cut', 'mikey-form', ({ message }) =>
    message.octets.subarray(0, message.octets.length - 4),
  ),
  unverifiable('an SP with an empty map', 'mikey-form', () => ({ securityPolicies: [SRTP] as never })),
  unverifiable('the data type is that of a verification message', 'mikey-data-type', ({ message }) => {
    const octets = Uint8Array.from(message.octets);
    octets[1] = 1;
    return octets;
  }),
  unverifiable('the time stamp is NTP', 'mikey-timestamp', () => ({
    timestamp: { type: 'NTP-UTC', value: randomBytes(8) },
  })),
  counting(
    'the counter goes back',
    'mikey-counter',
    (opened) => 2 ** 31 - counterOf(opened) * 4 + opened.repetition * 100_000,
  ),
  counting('the counter stays', 'mikey-counter', ({ repetition }) => 9000 + repetition),
  msk('RAND has 8 octets', 'mikey-rand', () => ({ rand: randomBytes(8) })),
  msk('IDi is the FQDN alone', 'mikey-idi', ({ message }) => ({
    identities: [{ type: 1, data: Buffer.from('bmsc.home1.net') }, ...message.identities.slice(1)],
  })),
  msk('IDr is the IMPI', 'mikey-idr', ({ message }) => ({
    identities: [
      ...message.identities.slice(0, 1),
      { type: 0, data: Buffer.from('001010123456789@home1.net') },
    ],
  })),
  msk('an MSK message names an MTK', 'mikey-no-mtk-id', ({ message }) => ({
    extensions: [keyIdExtension({ ...message.keyIds, mtkId: 1 })],
  })),
  msk('no Key IDs', 'mikey-key-ids', () => ({ extensions: [] })),
  msk('a delivered MSK has Key Number 0x0', 'mikey-key-number', (opened) =>
    withMskId(opened, (group, number) => [group, number === 4 ? 4 : 0]),
  ),
  msk('the MSK of another service', 'mikey-key-group', (opened) =>
    withMskId(opened, (group, number) => (number === 4 ? [group, number] : [group + 1, number])),
  ),
  unverifiable('no MAC', 'mikey-mac-algorithm', ({ message }) =>
    encodeMikeyMessage({
      ...message,
      kemac: { encrAlg: 'AES-CM-128', encrData: randomBytes(40), macAlg: 'NULL', mac: new Uint8Array(0) },
    }),
  ),
  unverifiable('the MAC is wrong', 'mikey-mac', withWrongMac),
  msk('the MSK is not encrypted', 'mikey-encrypted', () => ({ encryption: 'NULL' })),
  msk('two keys in one message', 'mikey-one-key', ({ keys }) => ({ keys: [...keys, ...keys] })),
  msk('an MSK of 32 octets', 'mikey-key-length', (opened) =>
    withKey(opened, { key: new SecretKey(Buffer.alloc(32, 5)) }),
  ),
  msk('a key without validity', 'mikey-validity', (opened) =>
    withKey(opened, { validity: { kind: 'NULL' } }),
  ),
  msk('another MSK under the same ID', 'mikey-same-msk', (opened) =>
    withKey(opened, { key: new SecretKey(randomBytes(16)) }),
  ),
];

/** Faults in delivery. */
const DELIVERIES: readonly Fault[] = [
  unverifiable('the V-bit is not set', 'delivery-v-bit', ({ message }) => ({
    header: { ...message.header, verificationRequested: false },
  })),
  { name: 'verification messages are not heard', rule: 'delivery-settled', verification: 'dropped' },
  msk('nothing is repeated', 'delivery-repeated', ({ message, repetition }) =>
    repetition === 0 ? message.octets : undefined,
  ),
  repeatingCounters(),
  {
    name: 'any verification message is believed',
    rule: 'delivery-forged',
    verification: 'believed',
    datagram: ({ message }) => message.octets,
  },
];

/** Each repetition has the counter of the first message, in other octets. */
function repeatingCounters(): Fault {
  const counters = new Map<number, number>();
  return msk('a repetition has the counter of the first message', 'delivery-repeated-counter', (opened) => {
    const { csbId } = opened.message.header;
    const counter = counters.get(csbId) ?? counterOf(opened);
    counters.set(csbId, counter);
    return { timestamp: counterTimestamp(counter), rand: randomBytes(16) };
  });
}

/** Faults in solicited pulls (TS 33.246 §6.3.2.2.4). */
const PULLS: readonly Fault[] = [
  pull('no message solicits a pull', 'pull-sent', () => undefined),
  pull('a solicited pull is no MIKEY', 'pull-form', ({ message }) => message.octets.slice(0, 20)),
  pull('a solicited pull of another Key Group', 'pull-key-group', (opened) =>
    withMskId(opened, (group, number) => [group + 1, number]),
  ),
  pull('a solicited pull keeps the Key Number', 'pull-key-number', (opened) =>
    withMskId(opened, (group) => [group, 5]),
  ),
  pull('the V-bit of a solicited pull is set', 'pull-v-bit', ({ message }) => ({
    header: { ...message.header, verificationRequested: true },
  })),
  pull('a solicited pull carries a key', 'pull-empty', () => ({
    keys: [{ type: 'TGK', key: new SecretKey(randomBytes(16)), validity: { kind: 'NULL' } }],
    encryption: 'AES-CM-128',
  })),
  pull('a solicited pull without KEMAC', 'pull-kemac', ({ message }) => {
    const { kemac: _, ...payloads } = message;
    return encodeMikeyMessage({ ...payloads, verification: undefined } as never);
  }),
  pull('the MAC of a solicited pull is wrong', 'pull-mac', withWrongMac),
  pull('the counter of a solicited pull goes back', 'pull-counter', () => ({
    timestamp: counterTimestamp(3),
  })),
  {
    name: 'no MSK follows a solicited pull',
    rule: 'pull-answered',
    ...afterPull(),
  },
];

/** Requests after a solicited pull are granted, and nothing is sent. */
function afterPull(): Pick<Fault, 'datagram'> {
  let isPulled = false;
  return {
    datagram: ({ message }) => {
      if (isSolicitedPull(message)) isPulled = true;
      else if (isPulled) return undefined;
      return message.octets;
    },
  };
}

/** Faults in what a BM-SC sends over UDP. */
export const MIKEY_FAULTS: readonly Fault[] = [...MESSAGES, ...DELIVERIES, ...PULLS];
