import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { createMikeyCounters } from '../../lib/distribution/counter.ts';
import { openDatagramTransport } from '../../lib/distribution/datagram-transport.ts';
import { createDelivery } from '../../lib/distribution/delivery.ts';
import type { Recipient } from '../../lib/distribution/recipient.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { decodeMikeyMessage, encodeVerificationMessage } from '../../lib/mikey/index.ts';
import { GROUP } from '../distribution/population.ts';

/** UEs that wait for an answer at once. */
const WAITING = 100_000;
/** UEs that are sent an MSK, at the greatest rate. */
const SENT = 50_000;
/** UEs that answer. */
const ANSWERING = 20_000;

const content = {
  kind: 'msk',
  ...GROUP,
  mskId: { keyGroup: GROUP.keyGroup, keyNumber: 1 },
  msk: { keyNumber: 1, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY },
  verification: true,
} as const;

function recipientsOf(count: number, port: number): Recipient[] {
  return Array.from({ length: count }, (_, index) => ({
    impi: parseImpi(`00101${String(index).padStart(10, '0')}@ims.mnc001.mcc001.3gppnetwork.org`),
    btid: btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' }),
    muk: new SecretKey(randomBytes(32)),
    bootstrappedAt: Date.now() - 60_000,
    // An object of its own, as each association's is.
    address: { address: `127.0.0.${1 + (index % 200)}`, port },
  }));
}

function deliveryTo(send: (message: Uint8Array, port: number) => Promise<void>) {
  return createDelivery(
    {
      nafFqdn: 'bmsc.home1.net',
      retransmission: { tries: 4, firstMs: 60_000 },
      perSecond: 1_000_000,
      perPrefixPerSecond: undefined,
      prefixLengths: { ipv4: 24, ipv6: 56 },
    },
    {
      transport: { send: (message, { port }) => send(message, port) },
      counters: createMikeyCounters(),
      now: Date.now,
      elapsed: () => performance.now(),
      random: Math.random,
      randomOctets: (length) => randomBytes(length),
      tell: (fact) => {
        if (fact.kind === 'sent') sent += fact.messages;
      },
    },
  );
}

let sent = 0;

function heap(): number {
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Octets that a UE takes while it waits: with what is known of it, and its first message sent. */
async function octetsOfWaiting(): Promise<number> {
  sent = 0;
  const delivery = deliveryTo(async () => {});
  const before = heap();
  const delivering = delivery.deliver({
    lane: 'a',
    content,
    pacing: {},
    recipients: recipientsOf(WAITING, 9),
  });
  delivering.catch(() => {});
  await until(() => sent === WAITING);
  const octets = (heap() - before) / WAITING;
  delivery.interrupt();
  return octets;
}

/** Messages a second that are made and handed to the system, to a socket that nobody reads. */
async function ratesOfSending(): Promise<{ made: number; sent: number }> {
  const transport = await openDatagramTransport([{ address: '127.0.0.1', port: 0 }], () => {});
  const rateWith = async (send: (message: Uint8Array, port: number) => Promise<void>) => {
    const recipients = recipientsOf(SENT, 9);
    sent = 0;
    const delivery = deliveryTo(send);
    const startedAt = performance.now();
    delivery.deliver({ lane: 'a', content, pacing: {}, recipients }).catch(() => {});
    await until(() => sent === SENT);
    const seconds = (performance.now() - startedAt) / 1000;
    delivery.interrupt();
    return SENT / seconds;
  };
  const made = await rateWith(async () => {});
  const handed = await rateWith((message, port) => transport.send(message, { address: '127.0.0.1', port }));
  await transport.close();
  return { made, sent: handed };
}

/** Verification messages a second that are checked. */
async function rateOfVerifying(): Promise<number> {
  const answers: Uint8Array[] = [];
  const recipients = recipientsOf(ANSWERING, 9);
  const muks = new Map(recipients.map(({ btid, muk }) => [String(btid), muk]));
  const delivery = deliveryTo(async (octets) => {
    const { header, rand, timestamp, idi, idr } = decodeMikeyMessage(octets);
    const ueId = idr?.data ?? new Uint8Array();
    const muk = muks.get(Buffer.from(ueId).toString());
    if (muk === undefined || rand === undefined || timestamp.counter === undefined || idi === undefined)
      return;
    answers.push(
      encodeVerificationMessage({
        muk,
        csbId: header.csbId,
        rand,
        counter: timestamp.counter,
        bmscId: idi.data,
        ueId,
      }),
    );
  });
  const delivering = delivery.deliver({ lane: 'a', content, pacing: {}, recipients });
  await until(() => answers.length === ANSWERING);
  const startedAt = performance.now();
  for (const answer of answers) delivery.receive(answer);
  const seconds = (performance.now() - startedAt) / 1000;
  const { verified } = await delivering;
  if (verified.length !== ANSWERING) throw new Error('not all were verified');
  return ANSWERING / seconds;
}

const octets = await octetsOfWaiting();
const { made, sent: handed } = await ratesOfSending();
const verified = await rateOfVerifying();
const figures = {
  octetsPerWaitingUe: Math.round(octets),
  messagesMadePerSecond: Math.round(made),
  messagesSentPerSecond: Math.round(handed),
  verificationsPerSecond: Math.round(verified),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
