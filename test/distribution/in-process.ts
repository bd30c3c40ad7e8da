import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { DistributionContext } from '../../lib/distribution/context.ts';
import { createMikeyCounters } from '../../lib/distribution/delivery/counter.ts';
import { createDelivery, type DeliverySettings } from '../../lib/distribution/delivery/delivery.ts';
import { createWorkHandler } from '../../lib/distribution/handle-work.ts';
import { formatUnit } from '../../lib/distribution/push/work.ts';
import { openDatagramTransport } from '../../lib/distribution/transport/dgram-transport.ts';
import type { OutgoingEvent } from '../../lib/events/envelope.ts';
import { buildMskMessages } from '../../lib/mikey/message/msk-batch.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { putAnswers } from '../../lib/store/ledger/answers.ts';

/** The Key Distribution function on a socket, with a queue and a bus that are lists. */
export interface InProcessDistribution {
  readonly context: DistributionContext;
  readonly events: OutgoingEvent[];
  /** Units that were enqueued. */
  readonly enqueued: string[];
  /** Octets of MIKEY that were sent. */
  readonly sentOctets: () => number;
  /** Does an event and everything that follows from it, `atOnce` units side by side. */
  readonly run: (event: OutgoingEvent, atOnce?: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What may differ from what is usual. */
export interface InProcessOptions extends Partial<DistributionContext> {
  readonly settings?: Partial<DeliverySettings>;
  /** Messages are made, and not sent. */
  readonly isSilent?: boolean;
}

/** Starts one. */
export async function startInProcess(
  store: KeyStore,
  options: InProcessOptions = {},
): Promise<InProcessDistribution> {
  const events: OutgoingEvent[] = [];
  const enqueued: string[] = [];
  const queue: string[] = [];
  let sentOctets = 0;
  const transport = await openDatagramTransport([{ address: '127.0.0.1', port: 0 }]);
  const delivery = createDelivery(
    {
      nafFqdn: 'bmsc.home1.net',
      retransmission: { tries: 4, firstMs: 2000 },
      perSecond: 1_000_000,
      perPrefixPerSecond: undefined,
      prefixLengths: { ipv4: 24, ipv6: 56 },
      ...options.settings,
    },
    {
      transport: {
        sendBatch: async (batch, to) => {
          sentOctets += batch.octets.length;
          return options.isSilent === true ? to.map(() => undefined) : transport.sendBatch(batch, to);
        },
      },
      buildMskMessages,
      counters: createMikeyCounters(),
      now: Date.now,
      elapsed: () => performance.now(),
      random: Math.random,
      randomOctets: (length) => randomBytes(length),
      tell: () => {},
    },
  );
  transport.listen(delivery.receive);
  const context: DistributionContext = {
    store,
    delivery,
    publish: async (more) => void events.push(...more),
    enqueue: async (units) => {
      const bodies = units.map(formatUnit);
      enqueued.push(...bodies);
      queue.push(...bodies);
    },
    now: Date.now,
    randomOctets: (length) => randomBytes(length),
    senderId: 'in-process',
    verification: true,
    sendReplays: false,
    spreadSeconds: 0,
    pageUes: 500,
    leaseMs: 60_000,
    progressEveryMs: 2000,
    isProgressDue: () => false,
    retryPolicy: { attempts: 1, firstPauseMs: 0, maxPauseMs: 0, pause: async () => {} },
    journal: {
      add: (msk, outcome) =>
        void putAnswers(store, msk, outcome, { now: Date.now(), place: randomBytes(8).toString('hex') }),
    },
    onPage: () => {},
    ...options,
  };
  const handle = createWorkHandler(context);
  return {
    context,
    events,
    enqueued,
    sentOctets: () => sentOctets,
    run: async ({ detailType, metadata, data }, atOnce = 16) => {
      queue.push(
        JSON.stringify({
          source: 'bmsc.keymanagement',
          'detail-type': detailType,
          detail: { metadata, data },
        }),
      );
      const working = new Set<Promise<void>>();
      while (queue.length > 0 || working.size > 0) {
        const body = working.size < atOnce ? queue.shift() : undefined;
        if (body === undefined) {
          await Promise.race(working);
          continue;
        }
        const done: Promise<void> = handle(body)
          .then((result) => {
            if (result.kind === 'later') queue.push(body);
          })
          .finally(() => working.delete(done));
        working.add(done);
      }
    },
    close: async () => {
      delivery.interrupt();
      await transport.close();
    },
  };
}
