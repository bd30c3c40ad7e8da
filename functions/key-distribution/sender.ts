import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createRandomOctets } from '../../lib/distribution/batch/random-octets.ts';
import { createMikeyCounters } from '../../lib/distribution/counter.ts';
import {
  type AwaitedMsk,
  type DistributionContext,
  deliveryFailed,
  distribute,
  mskDelivered,
} from '../../lib/distribution/distribute.ts';
import { createOutstandingMessages } from '../../lib/distribution/outstanding.ts';
import { openFastestTransport } from '../../lib/distribution/transport/open-transport.ts';
import { type OutgoingEvent, parseEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import type { SenderSettings } from './environment.ts';
import { serveHealth } from './health.ts';
import { consumeQueue } from './queue-consumer.ts';

/** A running sender. */
export interface Sender {
  /** Takes no more work, waits for verification messages still due (at most their timeout), and closes. */
  readonly stop: () => Promise<void>;
  readonly udpPort: number;
}

/** A sender that has not heard from its queue for so long is not healthy. */
const HEALTHY_FOR_MS = 90_000;

/** How often verification messages that did not come are looked for, in ms. */
const SWEEP_MS = 250;

/** Starts the Key Distribution function: events from the queue, MIKEY messages over UDP, outcomes on the bus. */
export async function startSender(settings: SenderSettings): Promise<Sender> {
  const logger = new Logger();
  const metrics = new Metrics();
  const sqs = new SQSClient({});
  const bus = { eventBridge: new EventBridgeClient({}), eventBusName: settings.eventBusName };
  const store = createKeyStore({
    dynamodb: new DynamoDBClient({}),
    tableName: settings.tableName,
    kms: () => new KMSClient({}),
    keyArn: settings.keyArn,
  });
  // Before any work is taken: a sender that may not use the key ends here, and its deployment is rolled back.
  await store.dataKeys.prepare();
  const outstanding = createOutstandingMessages<AwaitedMsk>();
  const count = (name: string, value: number) => {
    if (value > 0) metrics.singleMetric().addMetric(name, MetricUnit.Count, value);
  };
  const tell = (events: readonly OutgoingEvent[]) =>
    publishEvents(bus, events).catch((error: unknown) =>
      logger.error('events not published', error as Error),
    );

  const onDatagram = (datagram: Uint8Array) => {
    const received = outstanding.receive(datagram);
    if (received.kind === 'ignored') {
      count('DatagramsIgnored', 1);
      logger.debug('datagram ignored', { reason: received.reason });
      return;
    }
    const { about, sentAt } = received.outstanding;
    count('MsksDelivered', 1);
    metrics.singleMetric().addMetric('VerificationLatency', MetricUnit.Milliseconds, context.now() - sentAt);
    logger.info('MSK delivered', { ...about });
    void tell([mskDelivered(context, about)]);
  };

  const sending = await openFastestTransport(
    settings.udpAddresses.map((address) => ({ address, port: settings.udpPort })),
    onDatagram,
    { onRefused: (to, error) => logger.debug('datagram refused', { to, reason: error.message }) },
  );
  const { transport } = sending;
  const context: DistributionContext = {
    store,
    transport,
    counters: createMikeyCounters(),
    outstanding,
    publish: (events) => publishEvents(bus, events),
    nafFqdn: settings.nafFqdn,
    verification: settings.verification,
    now: Date.now,
    randomOctets: createRandomOctets(),
  };

  const handle = async (body: string) => {
    const event = parseEvent(body);
    if (event.replayName !== undefined && !settings.sendReplays) {
      logger.info('replayed event ignored', { detailType: event.detailType, replayName: event.replayName });
      return;
    }
    const report = await distribute(context, event);
    count('MessagesSent', report.sent);
    count('MessagesFailed', report.failed);
    logger.info('event handled', {
      detailType: event.detailType,
      eventId: event.metadata.eventId,
      ...report,
    });
  };

  const expire = async (before: number) => {
    const missed = outstanding.takeSentBefore(before);
    count('MsksUnverified', missed.length);
    if (missed.length === 0) return;
    await tell(
      missed.map(({ about }) => deliveryFailed(context, about, 'not-verified', about.correlationId)),
    );
  };

  const consumer = consumeQueue(sqs, settings.queueUrl, handle, (what, error) =>
    logger.error(what, error as Error),
  );
  const sweeping = setInterval(() => void expire(Date.now() - settings.verificationTimeoutMs), SWEEP_MS);
  const health = await serveHealth(
    settings.healthPort,
    () => Date.now() - consumer.lastAnswer() < HEALTHY_FOR_MS,
  );
  const udpPort = transport.addresses[0]?.port ?? settings.udpPort;
  logger.info('sender started', {
    udp: transport.addresses,
    sending: { kind: sending.kind, reason: sending.reason },
  });

  return {
    udpPort,
    stop: async () => {
      health.close();
      await consumer.stop();
      const deadline = Date.now() + settings.verificationTimeoutMs;
      while (outstanding.size > 0 && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
      clearInterval(sweeping);
      await expire(Number.POSITIVE_INFINITY);
      await transport.close();
      logger.info('sender stopped');
    },
  };
}
