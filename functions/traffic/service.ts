import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Logger } from '@aws-lambda-powertools/logger';
import { KMSClient } from '@aws-sdk/client-kms';
import { OWN_COMMAND_SOURCE } from '../../lib/events/command-sources.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { nameOfStream } from '../../lib/traffic/stream.ts';
import { type TrafficEvent, TrafficSender } from '../../lib/traffic/traffic-sender.ts';
import { openBusClient } from '../aws-calls/bus-client.ts';
import { openTableClient } from '../aws-calls/table-client.ts';
import { TrafficCounts } from './counts.ts';
import type { TrafficSettings } from './environment.ts';

/** A running service. */
export interface TrafficService {
  /** Stops sending, and writes what is counted. Another instance takes the turns. */
  stop(): Promise<void>;
}

/**
 * Starts the traffic key service: a sender for each stream.
 * @throws the system's error when a socket can't be bound
 */
export async function startTrafficService(
  settings: TrafficSettings,
  logger = new Logger(),
): Promise<TrafficService> {
  const { tableName, keyArn, eventBusName } = settings;
  const store = createKeyStore({
    dynamodb: openTableClient(),
    tableName,
    kms: () => new KMSClient({}),
    keyArn,
  });
  const bus = { eventBridge: openBusClient(), eventBusName, commandSource: OWN_COMMAND_SOURCE };
  // Before it sends: a service that may not use the key ends here, and its deployment is rolled back.
  await store.dataKeys.prepare();
  const self = randomBytes(8).toString('hex');
  const senders: TrafficSender[] = [];
  const counts = new TrafficCounts(process.env, () => senders);
  for (const stream of settings.streams)
    senders.push(
      await TrafficSender.open(stream, {
        ...{ store, bus, self },
        elapsed: () => performance.now(),
        randomOctets: (length) => randomBytes(length),
        onEvent: (event) => {
          counts.add(event, stream.keyGroup.keyDomainId);
          log(logger, nameOfStream(stream), event);
        },
      }),
    );
  logger.info('sending', { self, streams: settings.streams.map(nameOfStream) });
  return {
    stop: async () => {
      for (const sender of senders) await sender.close();
      counts.stop();
    },
  };
}

function log(logger: Logger, stream: string, event: TrafficEvent): void {
  if (event.kind === 'failed') logger.error('traffic keys', { stream, error: event.error as Error });
  else if (
    event.kind === 'range-low' ||
    event.kind === 'range-spent' ||
    event.kind === 'msk-revoked' ||
    event.kind === 'stopped'
  )
    logger.warn('traffic keys', { stream, ...event });
  else logger.info('traffic keys', { stream, ...event });
}
