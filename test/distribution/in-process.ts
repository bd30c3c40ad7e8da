import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { AnswerBounds } from '../../lib/distribution/answers/answer-bounds.ts';
import type { DistributionContext } from '../../lib/distribution/context.ts';
import { MikeyCounters } from '../../lib/distribution/delivery/counter.ts';
import { Delivery, type DeliverySettings } from '../../lib/distribution/delivery/delivery.ts';
import { createWorkHandler } from '../../lib/distribution/handle-work.ts';
import { NO_OBSERVER } from '../../lib/distribution/observer.ts';
import { formatUnit } from '../../lib/distribution/push/work.ts';
import type { DatagramTransport } from '../../lib/distribution/transport/datagram-transport.ts';
import { openDatagramTransport } from '../../lib/distribution/transport/dgram-transport.ts';
import { CommandSources } from '../../lib/events/command-sources.ts';
import type { OutgoingEvent } from '../../lib/events/envelope.ts';
import { buildMskMessages } from '../../lib/mikey/message/msk-batch.ts';
import { checkVerificationMessages } from '../../lib/mikey/message/verification-batch.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { putAnswers } from '../../lib/store/ledger/answers.ts';

/** What may differ from the defaults of a test. */
export interface InProcessOptions extends Partial<DistributionContext> {
  readonly settings?: Partial<DeliverySettings>;
  /** Messages are built, but not sent. */
  readonly isSilent?: boolean;
  /** Stands between the function and its socket. */
  readonly behind?: (socket: DatagramTransport) => DatagramTransport;
}

/** What the function has sent, published and enqueued. */
interface Sinks {
  sentOctets: number;
  readonly events: OutgoingEvent[];
  readonly queue: string[];
  readonly enqueued: string[];
}

/** Starts the Key Distribution function on a socket, with a queue and a bus that are lists. */
export async function startInProcess(
  store: KeyStore,
  options: InProcessOptions = {},
): Promise<InProcessDistribution> {
  const sinks: Sinks = { sentOctets: 0, events: [], queue: [], enqueued: [] };
  const socket = await openDatagramTransport([{ address: '127.0.0.1', port: 0 }]);
  const transport = options.behind?.(socket) ?? socket;
  const delivery = deliveryOver(transport, options, sinks);
  transport.listen(({ octets }) => delivery.receive(octets));
  return new InProcessDistribution(contextOf(store, delivery, options, sinks), transport, sinks);
}

/** The Key Distribution function in the process of a test. */
export class InProcessDistribution {
  readonly context: DistributionContext;
  readonly #transport: DatagramTransport;
  readonly #sinks: Sinks;
  readonly #handle: ReturnType<typeof createWorkHandler>;

  constructor(context: DistributionContext, transport: DatagramTransport, sinks: Sinks) {
    this.context = context;
    this.#transport = transport;
    this.#sinks = sinks;
    this.#handle = createWorkHandler(context);
  }

  get events(): OutgoingEvent[] {
    return this.#sinks.events;
  }

  /** All units that were enqueued, as messages of the queue. */
  get enqueued(): readonly string[] {
    return this.#sinks.enqueued;
  }

  /** Octets of MIKEY that were sent. */
  get sentOctets(): number {
    return this.#sinks.sentOctets;
  }

  /** Handles an event and all units that follow from it, up to `parallel` of them in parallel. */
  async run({ detailType, metadata, data }: OutgoingEvent, parallel = 16): Promise<void> {
    const { queue } = this.#sinks;
    queue.push(
      JSON.stringify({
        source: 'bmsc.keymanagement',
        'detail-type': detailType,
        detail: { metadata, data },
      }),
    );
    const working = new Set<Promise<void>>();
    while (queue.length > 0 || working.size > 0) {
      const body = working.size < parallel ? queue.shift() : undefined;
      if (body === undefined) {
        await Promise.race(working);
        continue;
      }
      const done: Promise<void> = this.#handle(body)
        .then((result) => {
          if (result.kind === 'later') queue.push(body);
        })
        .finally(() => working.delete(done));
      working.add(done);
    }
  }

  async close(): Promise<void> {
    this.context.delivery.interrupt();
    await this.#transport.close();
  }
}

function deliveryOver(
  transport: DatagramTransport,
  { settings, isSilent = false }: InProcessOptions,
  sinks: Sinks,
): Delivery {
  return new Delivery(
    {
      nafFqdn: 'bmsc.home1.net',
      retransmission: { tries: 4, firstMs: 2000 },
      perSecond: 1_000_000,
      perPrefixPerSecond: undefined,
      prefixLengths: { ipv4: 24, ipv6: 56 },
      ...settings,
    },
    {
      transport: {
        sendBatch: async (batch, to) => {
          sinks.sentOctets += batch.octets.length;
          return isSilent ? to.map(() => undefined) : transport.sendBatch(batch, to);
        },
      },
      buildMskMessages,
      checkVerificationMessages,
      counters: new MikeyCounters(),
      now: Date.now,
      elapsed: () => performance.now(),
      random: Math.random,
      randomOctets: (length) => randomBytes(length),
      report: () => {},
    },
  );
}

function contextOf(
  store: KeyStore,
  delivery: Delivery,
  options: InProcessOptions,
  { events, enqueued, queue }: Sinks,
): DistributionContext {
  return {
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
    nafFqdn: 'bmsc.home1.net',
    verification: true,
    commandSources: new CommandSources(),
    sendReplays: false,
    spreadSeconds: 0,
    pageUes: 4000,
    leaseMs: 60_000,
    progressEveryMs: 2000,
    isProgressDue: () => false,
    retryPolicy: { attempts: 1, firstPauseMs: 0, maxPauseMs: 0, pause: async () => {} },
    answers: new AnswerBounds(() => performance.now()),
    journal: {
      add: (msk, outcome) =>
        void putAnswers(store, msk, outcome, { now: Date.now(), id: randomBytes(8).toString('hex') }),
    },
    observer: NO_OBSERVER,
    ...options,
  };
}
