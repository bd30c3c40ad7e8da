import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import { AnswerJournal } from '../../lib/distribution/answers/answer-journal.ts';
import type { DistributionContext } from '../../lib/distribution/context.ts';
import { createMikeyCounters } from '../../lib/distribution/delivery/counter.ts';
import { type Share, senderOf } from '../../lib/distribution/delivery/csb-id.ts';
import { createDelivery } from '../../lib/distribution/delivery/delivery.ts';
import { createRandomOctets } from '../../lib/distribution/delivery/random-octets.ts';
import { createServiceClock } from '../../lib/distribution/delivery/service-clock.ts';
import { createWorkHandler } from '../../lib/distribution/handle-work.ts';
import { ProgressThrottle } from '../../lib/distribution/push/progress-throttle.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { createSenderCounts, type SenderCounts } from './counts.ts';
import type { SenderSettings } from './environment.ts';
import { chooseBuilder, openTransport } from './native.ts';
import { QueueConsumer } from './queue/consumer.ts';
import { sendUnits } from './queue/send-units.ts';
import { hearingDates } from './service-dates.ts';

/** A running sender. */
export interface Sender {
  /**
   * Takes no more work, lets what is under way finish within the drain time, gives the rest back to the queue at once, and
   * closes.
   */
  readonly stop: () => Promise<void>;
  readonly udpPort: number;
  /** How long ago the queue answered, in ms. */
  readonly heardAgoMs: () => number;
  /** Takes a datagram that came to another worker. */
  readonly receive: (datagram: Uint8Array) => void;
  readonly counts: SenderCounts;
}

/** What a worker has in common with others: a port. */
export interface SharedPort {
  readonly share: Share;
  readonly addresses: readonly UeAddress[];
  /** Sockets that are bound already, one for each address; undefined: the worker binds its own. */
  readonly descriptors: readonly number[] | undefined;
  /** Gives another worker a datagram that answers what it has sent. */
  readonly passOn: (index: number, datagram: Uint8Array) => void;
}

/** How often the end of the work under way is looked for at the stop, in ms. */
const LOOK_MS = 20;
/** How often the progress of a push is told, in ms. */
const PROGRESS_EVERY_MS = 2000;
/** How often it is written down who was given an MSK because it asked, in ms. */
const JOURNAL_EVERY_MS = 5000;
/** Messages of the queue in progress at the same time; most of them wait for answers of UEs. */
const MAX_IN_PROGRESS = 2000;
/** Of each call to AWS: a sender has time, and a page that fails is sent again as a whole. */
const ATTEMPTS = 8;
/** A page's claim runs out before its message comes again. */
const LEASE_SHARE = 0.85;

/**
 * Starts the Key Distribution function: work from the queue, MIKEY messages over UDP, outcomes in the ledger and on the bus.
 * @param ownClock ms since the epoch by this machine's clock, which need not be right
 * @param shared of a worker that is not the only one; `settings` are its own, see `settingsOfWorker`
 */
export async function startSender(
  settings: SenderSettings,
  ownClock: () => number = Date.now,
  shared?: SharedPort,
): Promise<Sender> {
  const logger = new Logger();
  const counts = createSenderCounts(logger);
  const sqs = new SQSClient({ maxAttempts: ATTEMPTS });
  const dynamodb = new DynamoDBClient({ maxAttempts: ATTEMPTS });
  const bus = {
    eventBridge: new EventBridgeClient({ maxAttempts: ATTEMPTS }),
    eventBusName: settings.eventBusName,
  };
  const { tableName, keyArn } = settings;
  const builder = await chooseBuilder(settings.native);
  const store = {
    ...createKeyStore({ dynamodb, tableName, kms: () => new KMSClient({}), keyArn }),
    openSealedKeys: builder.openSealedKeys,
  };
  // A clock that a correction of the machine's does not move; where it starts is learned from the services.
  const startedAt = ownClock() - performance.now();
  const clock = createServiceClock(() => startedAt + performance.now());
  sqs.middlewareStack.add(hearingDates(clock.hear), { step: 'deserialize' });
  dynamodb.middlewareStack.add(hearingDates(clock.hear), { step: 'deserialize' });
  // Before any work is taken: a sender that may not use the key ends here, and its deployment is rolled back.
  await store.dataKeys.prepare();

  const randomOctets = createRandomOctets();
  const sending = await openTransport(
    settings.native,
    shared?.addresses ?? settings.udpAddresses.map((address) => ({ address, port: settings.udpPort })),
    {
      reusePort: shared !== undefined,
      bound: shared?.descriptors,
      onRefused: (to, error) => logger.debug('datagram refused', { to, reason: error.message }),
    },
  );
  const { transport } = sending;
  const delivery = createDelivery(shared === undefined ? settings : { ...settings, share: shared.share }, {
    transport,
    buildMskMessages: builder.build,
    counters: createMikeyCounters(),
    now: clock.now,
    elapsed: () => performance.now(),
    random: Math.random,
    randomOctets,
    tell: counts.add,
  });
  transport.listen(shared === undefined ? delivery.receive : sorted(shared, delivery.receive));
  const journal = new AnswerJournal(store, {
    now: clock.now,
    newItemId: () => randomBytes(8).toString('hex'),
    onError: (error) => logger.error('answers not written', error as Error),
  });
  const flushing = setInterval(() => journal.flush(), JOURNAL_EVERY_MS);
  const progressThrottle = new ProgressThrottle(PROGRESS_EVERY_MS, () => performance.now());
  const context: DistributionContext = {
    store,
    delivery,
    publish: (events) => publishEvents(bus, events),
    enqueue: (units) => sendUnits(sqs, settings.queueUrl, units),
    now: clock.now,
    randomOctets: (length) => randomBytes(length),
    senderId: randomBytes(16).toString('hex'),
    verification: settings.verification,
    sendReplays: settings.sendReplays,
    spreadSeconds: settings.spreadSeconds,
    pageUes: settings.pageUes,
    leaseMs: settings.visibilityTimeoutMs * LEASE_SHARE,
    progressEveryMs: PROGRESS_EVERY_MS,
    retryPolicy: {
      attempts: 10,
      firstPauseMs: 100,
      maxPauseMs: 5000,
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
    isProgressDue: (pushId) => progressThrottle.isDue(pushId),
    journal,
    onPage: counts.addPage,
  };

  const consumer = new QueueConsumer({
    sqs,
    queueUrl: settings.queueUrl,
    visibilityTimeoutMs: settings.visibilityTimeoutMs,
    handle: createWorkHandler(context),
    hasCapacity: (inProgress) => {
      const { underWay, orders } = delivery;
      const inPreparation = Math.max(0, inProgress - orders) * settings.pageUes;
      return inProgress < MAX_IN_PROGRESS && underWay + inPreparation < settings.maxUesInProgress;
    },
    onSentAt: clock.hear,
    report: (what, error) => logger.error(what, error as Error),
  });
  const udpPort = transport.addresses[0]?.port ?? settings.udpPort;
  logger.info('sender started', {
    udp: transport.addresses,
    native: settings.native,
    building: { kind: builder.kind, reason: builder.reason },
    opening: { kind: builder.kind, reason: builder.reason },
    sending: { kind: sending.kind, reason: sending.reason },
  });

  return {
    udpPort,
    heardAgoMs: () => consumer.msSinceAnswer,
    receive: delivery.receive,
    counts,
    stop: async () => {
      await consumer.stopTaking();
      const deadline = performance.now() + settings.drainMs;
      while (consumer.inProgress > 0 && performance.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      delivery.interrupt();
      await consumer.settled();
      clearInterval(flushing);
      await journal.flush();
      counts.stop();
      await transport.close();
      logger.info('sender stopped');
    },
  };
}

/** What answers this worker's own messages is taken, and the rest passed on: once, for who is given it takes it as it is. */
function sorted({ share, passOn }: SharedPort, receive: (datagram: Uint8Array) => void) {
  return (datagram: Uint8Array) => {
    const index = senderOf(datagram, share.of);
    if (index === share.index) receive(datagram);
    else passOn(index, datagram);
  };
}
