import { type ChildProcess, fork } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { Logger } from '@aws-lambda-powertools/logger';
import type { SenderSettings } from '../environment.ts';
import { argumentsOfWorker, type FromWorker, MOST_WAITING, type ToWorker } from './messages.ts';
import { createRestarts } from './restarts.ts';
import { openSharedPort } from './shared-port.ts';

/** The workers of a task, seen from the process that started them. */
export interface Workers {
  readonly udpPort: number;
  /** How long ago the queue answered the worker that has waited longest, in ms. */
  readonly heardAgoMs: () => number;
  /** Has all of them stop, see `Sender`, and resolves when they are gone: to whether each ended well. */
  readonly stop: () => Promise<boolean>;
  /** Resolves when a worker dies again and again, and the task should end; it does not otherwise. */
  readonly givenUp: Promise<void>;
}

/** What a worker may take to close after the drain time, in ms. */
const CLOSING_MS = 8000;
/** The first descriptor in a worker after stdin, stdout, stderr and the channel to it. */
const FIRST_DESCRIPTOR = 4;

/** A worker's place, which a new one takes when it dies. */
interface Place {
  readonly index: number;
  readonly diesAgain: (livedMs: number) => number | undefined;
  child: ChildProcess | undefined;
  hasStarted: boolean;
  /** By `performance.now()`; that of the worker before stays until the new one is heard. */
  heardAt: number;
  /** Datagrams on their way to the worker that has the place now. */
  waiting: { datagrams: number };
}

/**
 * Starts `settings.workers` processes of `program`, which share the UDP port, and starts another for each that dies.
 * @throws the system's error when an address can't be bound
 * @throws Error when a worker dies before all have started: what is wrong then is wrong again
 */
export async function startWorkers(settings: SenderSettings, program: string): Promise<Workers> {
  const logger = new Logger();
  const { workers: of, drainMs } = settings;
  const { addresses, descriptors, notSteered } = await openSharedPort(
    settings.native,
    settings.udpAddresses.map((address) => ({ address, port: settings.udpPort })),
    of,
  );
  const places = Array.from(
    { length: of },
    (_, index): Place => ({
      index,
      diesAgain: createRestarts(),
      child: undefined,
      hasStarted: false,
      heardAt: performance.now(),
      waiting: { datagrams: 0 },
    }),
  );
  const allStarted = Promise.withResolvers<void>();
  const givenUp = Promise.withResolvers<void>();
  const ended = new Set<Promise<boolean>>();
  let isStopping = false;

  const hear = (place: Place, message: FromWorker) => {
    if (message.kind === 'heard') place.heardAt = performance.now() - message.agoMs;
    else if (message.kind === 'pass-on') passOn(place, message.to, message.datagrams);
    else {
      place.hasStarted = true;
      if (places.every(({ hasStarted }) => hasStarted)) allStarted.resolve();
    }
  };

  const passOn = (from: Place, index: number, datagrams: readonly Uint8Array[]) => {
    const to = places[index];
    if (to?.child?.connected !== true || to.waiting.datagrams + datagrams.length > MOST_WAITING)
      return tell(from, { kind: 'not-passed-on', datagrams: datagrams.length });
    const { waiting } = to;
    waiting.datagrams += datagrams.length;
    tell(to, { kind: 'passed-on', datagrams }, () => {
      waiting.datagrams -= datagrams.length;
    });
  };

  const start = (place: Place) => {
    const { index } = place;
    const own = descriptors?.[index];
    const startedAt = performance.now();
    const child = fork(
      program,
      argumentsOfWorker({
        index,
        of,
        addresses,
        ...(own && { descriptors: own.map((_, number) => FIRST_DESCRIPTOR + number) }),
      }),
      {
        // Datagrams are octets.
        serialization: 'advanced',
        stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...(own ?? [])],
      },
    );
    place.child = child;
    place.waiting = { datagrams: 0 };
    child.on('message', (message: FromWorker) => hear(place, message));
    const end = new Promise<boolean>((resolve) => {
      const over = (code: number | null, signal: string | null) => {
        ended.delete(end);
        place.child = undefined;
        // One that is told to stop before it listens to signals is ended by them.
        resolve(code === 0 || (isStopping && code === null && signal !== 'SIGKILL'));
        if (!isStopping) replace(place, performance.now() - startedAt, { code, signal });
      };
      child.once('exit', over);
      child.on('error', (error) => {
        logger.error('worker not reached', error);
        // One that the system did not start has no end of its own.
        if (child.pid === undefined && place.child === child) over(null, null);
      });
    });
    ended.add(end);
  };

  const replace = (place: Place, livedMs: number, how: { code: number | null; signal: string | null }) => {
    const { index } = place;
    allStarted.reject(new Error(`worker ${index} ended at its start`));
    const pauseMs = place.diesAgain(livedMs);
    logger.error('worker died', { index, ...how, livedMs: Math.round(livedMs), pauseMs });
    if (pauseMs === undefined) return givenUp.resolve();
    setTimeout(() => {
      if (!isStopping) start(place);
    }, pauseMs);
  };

  const stop = async () => {
    isStopping = true;
    const outcomes = Promise.all(ended);
    const signal = (name: NodeJS.Signals) => {
      for (const { child } of places) child?.kill(name);
    };
    signal('SIGTERM');
    const late = setTimeout(() => signal('SIGKILL'), drainMs + CLOSING_MS);
    const wentWell = (await outcomes).every((each) => each);
    clearTimeout(late);
    return wentWell;
  };

  for (const place of places) start(place);
  try {
    await allStarted.promise;
  } catch (error) {
    await stop();
    throw error;
  }
  logger.info('workers started', { workers: of, udp: addresses, notSteered });
  return {
    udpPort: addresses[0]?.port ?? settings.udpPort,
    heardAgoMs: () => performance.now() - Math.min(...places.map(({ heardAt }) => heardAt)),
    stop,
    givenUp: givenUp.promise,
  };
}

function tell({ child }: Place, message: ToWorker, taken = () => {}): void {
  // It may have died in between; then `taken` is told of an error, which its end says better.
  if (child?.connected === true) child.send(message, undefined, undefined, () => taken());
  else taken();
}
