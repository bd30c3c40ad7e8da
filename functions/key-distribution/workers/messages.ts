import type { UeAddress } from '../../../lib/address/ue-address.ts';

/** What a worker is started with, in its last argument. */
export interface WorkerStart {
  readonly index: number;
  readonly of: number;
  readonly addresses: readonly UeAddress[];
  /** Of its sockets, in its own process; left out, it binds its own. */
  readonly descriptors?: readonly number[];
}

/** What a worker tells its primary. */
export type FromWorker =
  | { readonly kind: 'started' }
  /** So long ago the queue has answered it, in ms. */
  | { readonly kind: 'heard'; readonly agoMs: number }
  /** Datagrams that came to it and are for another worker. */
  | { readonly kind: 'pass-on'; readonly to: number; readonly datagrams: readonly Uint8Array[] };

/** What a primary tells a worker. */
export type ToWorker =
  /** Datagrams that came to another worker. */
  | { readonly kind: 'passed-on'; readonly datagrams: readonly Uint8Array[] }
  /** So many of the datagrams that it gave could not be passed on. */
  | { readonly kind: 'not-passed-on'; readonly datagrams: number };

const FLAG = '--worker';

/** Arguments of the process of a worker. */
export const argumentsOfWorker = (start: WorkerStart): readonly string[] => [FLAG, JSON.stringify(start)];

/** How this process is started as a worker, or undefined when it isn't one. */
export function workerStartIn(args: readonly string[]): WorkerStart | undefined {
  const at = args.indexOf(FLAG);
  return at < 0 ? undefined : JSON.parse(args[at + 1] ?? '');
}

/** Datagrams that may wait for a process to take them; what comes while so many wait is lost, as in a full socket. */
export const MOST_WAITING = 4096;
