import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import { AnswerBounds } from '../../lib/distribution/answers/answer-bounds.ts';
import { AnswerJournal } from '../../lib/distribution/answers/answer-journal.ts';
import type { DistributionContext } from '../../lib/distribution/context.ts';
import { MikeyCounters } from '../../lib/distribution/delivery/counter.ts';
import { Delivery } from '../../lib/distribution/delivery/delivery.ts';
import { createRandomOctets } from '../../lib/distribution/delivery/random-octets.ts';
import { ServiceClock } from '../../lib/distribution/delivery/service-clock.ts';
import { createWorkHandler } from '../../lib/distribution/handle-work.ts';
import { ProgressThrottle } from '../../lib/distribution/push/progress-throttle.ts';
import { correlationIdOfWork } from '../../lib/distribution/push/work.ts';
import { StopWatch } from '../../lib/distribution/stop-watch.ts';
import type { DatagramTransport } from '../../lib/distribution/transport/datagram-transport.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import type { WayToAws } from '../aws-calls/way-to-aws.ts';
import { traceHeaderOfCourse } from '../course.ts';
import { TraceDaemon } from '../tracing/trace-daemon.ts';
import { type AwsClients, openAwsClients } from './aws-clients.ts';
import { SenderCounts } from './counts.ts';
import type { SenderSettings } from './environment.ts';
import { chooseBuilder } from './native.ts';
import { QueueConsumer } from './queue/consumer.ts';
import { sendUnits } from './queue/send-units.ts';
import { openSenderPort, receiverOf, type SharedPort } from './sender-port.ts';
import { WorkLog } from './work-log.ts';
import { WorkTraces } from './work-traces.ts';

/** What may differ from sender to sender beside the settings. */
export interface SenderOptions {
  /** ms since the epoch by this machine's clock, which need not be right. */
  readonly ownClock?: () => number;
  readonly logger?: Logger;
  readonly counts?: SenderCounts;
  /** Of a worker that shares the port with others. Its settings are its own, see `settingsOfWorker`. */
  readonly sharedPort?: SharedPort;
  readonly wayToAws?: WayToAws;
  readonly openPort?: typeof openSenderPort;
  readonly loadBuilder?: typeof chooseBuilder;
}

/** The open parts of a sender. */
interface SenderParts {
  readonly aws: AwsClients;
  readonly clock: ServiceClock;
  readonly counts: SenderCounts;
  readonly delivery: Delivery;
  readonly logger: Logger;
  readonly store: KeyStore;
  readonly transport: DatagramTransport;
  /** Looks for what is to stop, and throws nothing. */
  readonly watch: () => Promise<void>;
}

/** How often a sender that stops looks whether its work is done, in ms. */
const LOOK_MS = 20;
/** How often the progress of a push is reported, in ms. */
const PROGRESS_EVERY_MS = 2000;
/** How often a sender looks for pushes that are cancelled, and subscribers that are blocked, in ms. */
const STOPS_EVERY_MS = 1000;
/** How often the outcomes of answers are written to the table, in ms. */
const JOURNAL_EVERY_MS = 5000;
/** Messages of the queue in progress at the same time; most of them wait for answers of UEs. */
const MAX_IN_PROGRESS = 2000;
/** Of the visibility timeout: a page's claim expires before its message comes again. */
const LEASE_SHARE = 0.85;
/** For the write of a page's outcome. */
const RETRY_POLICY = { attempts: 10, firstPauseMs: 100, maxPauseMs: 5000, pause: (ms: number) => delay(ms) };

/**
 * Starts the Key Distribution function: work from the queue, MIKEY messages over UDP, outcomes in the ledger
 * and on the bus.
 * @throws StoreError when the sender may not use the key of the table
 * @throws the system's error when an address can't be bound
 */
export async function startSender(settings: SenderSettings, options: SenderOptions = {}): Promise<Sender> {
  const { ownClock = Date.now, logger = new Logger(), openPort = openSenderPort, sharedPort } = options;
  const { counts = new SenderCounts(logger), loadBuilder = chooseBuilder } = options;
  const clock = openClock(ownClock);
  const aws = openAwsClients((date) => clock.observe(date), options.wayToAws);
  const builder = await loadBuilder(settings.native);
  const { tableName, keyArn } = settings;
  const store: KeyStore = {
    ...createKeyStore({ dynamodb: aws.dynamodb, tableName, kms: aws.kms, keyArn }),
    openSealedKeys: builder.openSealedKeys,
  };
  // Before it takes work: a sender that may not use the key ends here, and its deployment is rolled back.
  await store.dataKeys.prepare();

  const port = await openPort(settings, sharedPort, logger);
  const { transport } = port;
  const delivery = new Delivery(
    { ...settings, ...(sharedPort && { share: sharedPort.share }) },
    {
      transport,
      buildMskMessages: builder.build,
      checkVerificationMessages: builder.check,
      counters: new MikeyCounters(),
      now: () => clock.now(),
      elapsed: () => performance.now(),
      random: Math.random,
      randomOctets: createRandomOctets(),
      report: (count) => counts.add(count),
    },
  );
  transport.listen(receiverOf((datagrams) => delivery.receive(datagrams), sharedPort));

  const stops = new StopWatch(store, { delivery, now: () => clock.now() });
  const watch = () => stops.look().catch((error) => logger.error('stops not read', error as Error));
  await watch();
  const sender = new Sender(settings, { aws, clock, counts, delivery, logger, store, transport, watch });
  const { kind, reason } = builder;
  logger.info('sender started', {
    udp: transport.addresses,
    native: settings.native,
    building: { kind, reason },
    opening: { kind, reason },
    checking: { kind, reason },
    sending: { kind: port.kind, reason: port.reason },
  });
  return sender;
}

/** A running sender. */
export class Sender {
  readonly #settings: SenderSettings;
  readonly #parts: SenderParts;
  readonly #answers = new AnswerBounds(() => performance.now());
  readonly #journal: AnswerJournal;
  readonly #consumer: QueueConsumer;
  readonly #flushing: NodeJS.Timeout;
  readonly #watching: NodeJS.Timeout;

  /** Starts taking work. */
  constructor(settings: SenderSettings, parts: SenderParts) {
    const { aws, clock, logger, store } = parts;
    this.#settings = settings;
    this.#parts = parts;
    this.#journal = new AnswerJournal(store, {
      now: () => clock.now(),
      newItemId: () => randomBytes(8).toString('hex'),
      onError: (error) => logger.error('answers not written', error as Error),
    });
    this.#flushing = setInterval(() => this.#journal.flush(), JOURNAL_EVERY_MS);
    this.#watching = setInterval(parts.watch, STOPS_EVERY_MS);
    const { traceDaemon } = settings;
    const traces = traceDaemon && new WorkTraces(new TraceDaemon(traceDaemon));
    const handle = createWorkHandler(contextOf(settings, parts, this.#answers, this.#journal, traces));
    this.#consumer = new QueueConsumer({
      sqs: aws.sqs,
      queueUrl: settings.queueUrl,
      deadLetterQueueUrl: settings.deadLetterQueueUrl,
      visibilityTimeoutMs: settings.visibilityTimeoutMs,
      handle: traces?.around(handle) ?? handle,
      isTraced: traces !== undefined,
      onRefused: (refusal) => logger.warn('request refused', { ...refusal }),
      hasCapacity: (inProgress) => this.#hasCapacity(inProgress),
      onSentAt: (time) => clock.observe(time),
      report: (failure, error, body) => {
        const correlationId = body === undefined ? undefined : correlationIdOfWork(body);
        logger.error(failure, { correlationId, error: error as Error });
      },
    });
  }

  get udpPort(): number {
    return this.#parts.transport.addresses[0]?.port ?? this.#settings.udpPort;
  }

  get udpAddresses(): readonly UeAddress[] {
    return this.#parts.transport.addresses;
  }

  /** How long ago the queue answered, in ms. */
  get msSinceQueueAnswer(): number {
    return this.#consumer.msSinceAnswer;
  }

  /** Takes datagrams that came to another worker. */
  receive(datagrams: readonly Uint8Array[]): void {
    this.#parts.delivery.receive(datagrams);
  }

  /**
   * Takes no more work, lets work in progress finish within the drain time, returns the rest to the queue,
   * and closes.
   */
  async stop(): Promise<void> {
    const { counts, delivery, logger, transport } = this.#parts;
    await this.#consumer.stopTaking();
    const deadline = performance.now() + this.#settings.drainMs;
    while (this.#consumer.inProgress > 0 && performance.now() < deadline) await delay(LOOK_MS);
    delivery.interrupt();
    await this.#consumer.settled();
    clearInterval(this.#flushing);
    clearInterval(this.#watching);
    await this.#journal.flush();
    counts.stop();
    await transport.close();
    logger.info('sender stopped');
  }

  /** A message that is no answer, and has no order at the delivery yet, may become one for a page of UEs. */
  #hasCapacity(inProgress: number): boolean {
    const { uesInProgress, pagesInProgress } = this.#parts.delivery;
    const inPreparation = inProgress - this.#answers.requests - pagesInProgress;
    const uesInPreparation = Math.max(0, inPreparation) * this.#settings.pageUes;
    return (
      inProgress < MAX_IN_PROGRESS &&
      this.#answers.hasCapacity &&
      uesInProgress + uesInPreparation < this.#settings.maxUesInProgress
    );
  }
}

/** A clock that no correction of the machine's clock moves. The services' answers set it. */
function openClock(ownClock: () => number): ServiceClock {
  const startedAt = ownClock() - performance.now();
  return new ServiceClock(() => startedAt + performance.now());
}

function contextOf(
  settings: SenderSettings,
  { aws, clock, counts, delivery, logger, store, watch }: SenderParts,
  answers: AnswerBounds,
  journal: AnswerJournal,
  traces: WorkTraces | undefined,
): DistributionContext {
  const { eventBusName } = settings;
  const bus = { eventBridge: aws.eventBridge, eventBusName, traceHeader: traceHeaderOfCourse };
  const log = new WorkLog(logger, counts);
  const progressThrottle = new ProgressThrottle(PROGRESS_EVERY_MS, () => performance.now());
  return {
    store,
    delivery,
    publish: (events) => publishEvents(bus, events),
    enqueue: (units) => sendUnits(aws.sqs, settings.queueUrl, units),
    now: () => clock.now(),
    randomOctets: (length) => randomBytes(length),
    senderId: randomBytes(16).toString('hex'),
    nafFqdn: settings.nafFqdn,
    verification: settings.verification,
    commandSources: settings.commandSources,
    sendReplays: settings.sendReplays,
    spreadSeconds: settings.spreadSeconds,
    pageUes: settings.pageUes,
    leaseMs: settings.visibilityTimeoutMs * LEASE_SHARE,
    progressEveryMs: PROGRESS_EVERY_MS,
    retryPolicy: RETRY_POLICY,
    isProgressDue: (pushId) => progressThrottle.isDue(pushId),
    answers,
    journal,
    observer: traces?.observe(log) ?? log,
    lookForStops: watch,
  };
}
