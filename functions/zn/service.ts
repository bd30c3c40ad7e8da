import { Logger } from '@aws-lambda-powertools/logger';
import { ZnClient } from '../../lib/zn/client.ts';
import type { PeerEvent } from '../../lib/zn/peer.ts';
import { answerRequest } from './answer.ts';
import { ZnCounts } from './counts.ts';
import type { ZnSettings } from './environment.ts';
import { Http2ResourceServer } from './http2-server.ts';

/** A running service. */
export interface ZnService {
  /** The port of HTTP/2. */
  readonly port: number;
  readonly client: ZnClient;
  /** Lets requests in progress end, disconnects from the peers in order, and writes what is counted. */
  stop(): Promise<void>;
}

/**
 * Starts the service: Nbsp_GBA (TS 29.309) over HTTP/2 in front, Zn (TS 29.109) behind. It serves before a
 * peer is connected, and then answers 503.
 * @throws the system's error when the port is taken
 */
export async function startZnService(settings: ZnSettings, logger = new Logger()): Promise<ZnService> {
  const { origin, destinationRealm, destinationHost, timeoutMs, watchdogMs, maxPending } = settings;
  const client = new ZnClient(
    {
      origin,
      destinationRealm,
      destinationHost,
      timeoutMs,
      peers: settings.peers.map((peer) => ({ ...peer, watchdogMs, maxPending })),
    },
    (event) => {
      logEvent(logger, event);
      counts.writePeers();
    },
  );
  const counts = new ZnCounts(process.env, () => client.openPeers);
  const server = await Http2ResourceServer.listen({
    address: settings.httpAddress,
    port: settings.httpPort,
    tls: settings.httpTls,
    answer: (body) => answerRequest(body, (wanted) => client.lookUp(wanted)),
    isReady: () => client.isOpen,
    onAnswer: ({ result, detail }, latencyMs) => {
      counts.add(result, latencyMs);
      if (detail !== undefined) logger.warn('a request for keys failed', { result, detail });
    },
    onError: (error) => logger.error('a request ended with an error', { error }),
  }).catch(async (error: unknown) => {
    counts.stop();
    await client.close();
    throw error;
  });
  logger.info('serving', {
    port: server.port,
    origin,
    peers: settings.peers.map(({ host, port }) => `${host}:${port}`),
  });
  return {
    port: server.port,
    client,
    stop: async () => {
      await server.stop(settings.drainMs);
      await client.close();
      counts.stop();
    },
  };
}

function logEvent(logger: Logger, { kind, peer, reason }: PeerEvent): void {
  const details = { peer, ...(reason === undefined ? {} : { reason }) };
  if (kind === 'open' || kind === 'okay') logger.info(`Diameter peer ${kind}`, details);
  else logger.warn(`Diameter peer ${kind}`, details);
}
