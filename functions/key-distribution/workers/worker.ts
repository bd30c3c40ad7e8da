import { Logger } from '@aws-lambda-powertools/logger';
import { SenderCounts } from '../counts.ts';
import { type SenderSettings, settingsOfWorker } from '../environment.ts';
import { startSender } from '../sender.ts';
import { Forwarder } from './forwarding.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

/** How often the worker reports when the queue last answered, in ms. */
const REPORT_EVERY_MS = 2000;

/** A running worker. */
export interface Worker {
  /** See `Sender.stop`. */
  readonly stop: () => Promise<void>;
}

/**
 * Runs one of several workers of a sender, in a process that the primary has started: a whole sender, but for
 * the port that it shares. It exits when the primary is gone, since nobody else would restart or stop it.
 */
export async function runWorker(
  settings: SenderSettings,
  { index, of, addresses, descriptors }: WorkerStart,
): Promise<Worker> {
  process.on('disconnect', () => process.exit(1));
  if (!process.connected) process.exit(1);
  const logger = new Logger();
  const counts = new SenderCounts(logger);
  const forwarder = new Forwarder({
    send: (to, datagrams, onRead) => sendToPrimary({ kind: 'forward', to, datagrams }, onRead),
    onForwarded: (datagrams) => counts.addForwarded(datagrams),
    onNotForwarded: (datagrams) => counts.addNotForwarded(datagrams),
  });
  const sender = await startSender(settingsOfWorker(settings, of), {
    logger,
    counts,
    sharedPort: {
      share: { index, of },
      addresses,
      descriptors,
      forward: (to, datagram) => forwarder.forward(to, datagram),
    },
  });
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'not-forwarded') counts.addNotForwarded(message.datagrams);
    else sender.receive(message.datagrams);
  });
  const reporting = setInterval(
    () => sendToPrimary({ kind: 'queue-answered', msAgo: sender.msSinceQueueAnswer }),
    REPORT_EVERY_MS,
  );
  sendToPrimary({ kind: 'started' });
  return {
    stop: async () => {
      clearInterval(reporting);
      await sender.stop();
    },
  };
}

/** Calls `onRead` when the message no longer waits in this process. */
function sendToPrimary(message: FromWorker, onRead = () => {}): void {
  process.send?.(message, undefined, undefined, () => onRead());
}
