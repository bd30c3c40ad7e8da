import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { MikeyCounters } from '../../lib/distribution/delivery/counter.ts';
import { Delivery } from '../../lib/distribution/delivery/delivery.ts';
import type { Recipient } from '../../lib/distribution/recipients/recipient.ts';
import type { DatagramTransport } from '../../lib/distribution/transport/datagram-transport.ts';
import { openDatagramTransport } from '../../lib/distribution/transport/dgram-transport.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { buildMskMessages } from '../../lib/mikey/message/msk-batch.ts';
import {
  checkVerificationMessages,
  type VerificationChecker,
} from '../../lib/mikey/message/verification-batch.ts';
import { loadMskBuilder } from '../../lib/native/module/load.ts';
import { GROUP } from '../distribution/population.ts';
import { AnsweringTransport, measureVerifying, type Verifying } from './sender/verifying.ts';

/** UEs that wait for an answer at the same time. */
const WAITING = 1_000_000;
/** UEs of a page. */
const PAGE_UES = 500;
/** UEs that are sent an MSK, at the greatest rate. */
const SENT = 20_000;
/** UEs that answer. */
const ANSWERING = 10_000;

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
    expiresAt: Date.now() + 3_600_000,
    // An object of its own, as each association's is.
    address: { address: `127.0.0.${1 + (index % 200)}`, port },
  }));
}

function deliveryTo(
  sendBatch: DatagramTransport['sendBatch'],
  check = checkVerificationMessages,
  build = buildMskMessages,
) {
  return new Delivery(
    {
      nafFqdn: 'bmsc.home1.net',
      retransmission: { tries: 4, firstMs: 3_600_000 },
      perSecond: 1_000_000,
      perPrefixPerSecond: undefined,
      prefixLengths: { ipv4: 24, ipv6: 56 },
    },
    {
      transport: { sendBatch },
      buildMskMessages: build,
      checkVerificationMessages: check,
      counters: new MikeyCounters(),
      now: Date.now,
      elapsed: () => performance.now(),
      random: Math.random,
      randomOctets: (length) => randomBytes(length),
      report: (count) => {
        if (count.kind === 'sent') sent += count.messages;
      },
    },
  );
}

let sent = 0;

/** A system that takes everything and sends nothing. */
const TAKE_ALL: DatagramTransport['sendBatch'] = async (_batch, to) => to.map(() => undefined);

/** Seconds of a CPU that this process had: other programs on the machine play no part. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function heap(): number {
  globalThis.gc?.();
  // Array buffers are part of what is external.
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Octets that a UE takes while it waits: with what is known of it, and its first message sent. */
async function octetsOfWaiting(): Promise<number> {
  sent = 0;
  const { build } = await loadMskBuilder();
  const delivery = deliveryTo(TAKE_ALL, undefined, build);
  const before = heap();
  for (let ues = 0; ues < WAITING; ues += PAGE_UES) {
    beginPage(delivery);
    await until(() => sent === ues + PAGE_UES);
  }
  const octets = (heap() - before) / WAITING;
  delivery.interrupt();
  return octets;
}

/** Nothing here keeps the recipients. */
function beginPage(delivery: Delivery): void {
  const recipients = recipientsOf(PAGE_UES, 9);
  delivery.deliver({ sendQueue: 'a', content, pacing: {}, recipients }).catch(() => {});
}

/** Messages a second of CPU that are made and handed to the system, to a socket that nobody reads. */
async function ratesOfSending(): Promise<{ made: number; sent: number }> {
  const transport = await openDatagramTransport([{ address: '127.0.0.1', port: 0 }]);
  const rateWith = async (send: DatagramTransport['sendBatch']) => {
    const recipients = recipientsOf(SENT, 9);
    sent = 0;
    const delivery = deliveryTo(send);
    const startedAt = cpuSeconds();
    delivery.deliver({ sendQueue: 'a', content, pacing: {}, recipients }).catch(() => {});
    await until(() => sent === SENT);
    const seconds = cpuSeconds() - startedAt;
    delivery.interrupt();
    return SENT / seconds;
  };
  const made = await rateWith(TAKE_ALL);
  const handed = await rateWith((batch, to) => transport.sendBatch(batch, to));
  await transport.close();
  return { made, sent: handed };
}

/** Verification messages of UEs that wait, as they come from a socket. */
function verifying(check: VerificationChecker): Promise<Verifying> {
  return measureVerifying(async () => {
    const recipients = recipientsOf(ANSWERING, 9);
    const transport = new AnsweringTransport(new Map(recipients.map(({ btid, muk }) => [btid, muk])));
    const delivery = deliveryTo(transport.sendBatch, check);
    const outcome = delivery.deliver({ sendQueue: 'a', content, pacing: {}, recipients });
    await until(() => transport.answers.length === ANSWERING);
    return { delivery, answers: transport.answers, outcome };
  }, cpuSeconds);
}

const octets = await octetsOfWaiting();
const { made, sent: handed } = await ratesOfSending();
const { check, kind } = await loadMskBuilder();
const figures = {
  octetsPerWaitingUe: Math.round(octets),
  messagesMadePerCpuSecond: Math.round(made),
  messagesSentPerCpuSecond: Math.round(handed),
  verification: {
    [kind]: await verifying(check),
    reference: await verifying(checkVerificationMessages),
  },
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
