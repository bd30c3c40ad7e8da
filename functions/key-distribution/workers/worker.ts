import { type SenderSettings, settingsOfWorker } from '../environment.ts';
import { type Sender, startSender } from '../sender.ts';
import { createPassingOn } from './forwarding.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

/** How often the primary is told when the queue last answered, in ms. */
const TELL_EVERY_MS = 2000;

/**
 * Runs one of several workers of a sender, in a process that the primary has started: a whole sender but for its port,
 * which it shares. It ends at once when the primary is gone, for then nobody would start it again or stop it.
 */
export async function runWorker(
  settings: SenderSettings,
  { index, of, addresses, descriptors }: WorkerStart,
): Promise<Sender> {
  process.on('disconnect', () => process.exit(1));
  if (!process.connected) process.exit(1);
  const tell = (message: FromWorker, taken = () => {}) =>
    process.send?.(message, undefined, undefined, () => taken());
  const passOn = createPassingOn({
    send: (to, datagrams, taken) => tell({ kind: 'pass-on', to, datagrams }, taken),
    countPassedOn: (datagrams) => sender.counts.addPassedOn(datagrams),
    countNotPassedOn: (datagrams) => sender.counts.addNotPassedOn(datagrams),
  });
  const sender = await startSender(settingsOfWorker(settings, of), Date.now, {
    share: { index, of },
    addresses,
    descriptors,
    passOn,
  });
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'not-passed-on') sender.counts.addNotPassedOn(message.datagrams);
    else for (const datagram of message.datagrams) sender.receive(datagram);
  });
  const telling = setInterval(() => tell({ kind: 'heard', agoMs: sender.heardAgoMs() }), TELL_EVERY_MS);
  tell({ kind: 'started' });
  return {
    ...sender,
    stop: async () => {
      clearInterval(telling);
      await sender.stop();
    },
  };
}
