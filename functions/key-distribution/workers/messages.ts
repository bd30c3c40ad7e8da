import type { UeAddress } from '../../../lib/address/ue-address.ts';

/** What a worker is started with, in its last argument. */
export interface WorkerStart {
  readonly index: number;
  /** How many workers the task has. */
  readonly of: number;
  readonly addresses: readonly UeAddress[];
  /** Descriptors of its sockets in its own process, one for each address; left out, it binds its own. */
  readonly descriptors?: readonly number[];
}

/** A message from a worker to the primary. */
export type FromWorker =
  | { readonly kind: 'started' }
  /** The queue answered the worker that long ago, in ms. */
  | { readonly kind: 'queue-answered'; readonly msAgo: number }
  /** Datagrams for the worker `to` that came to this one. */
  | { readonly kind: 'forward'; readonly to: number; readonly datagrams: readonly Uint8Array[] };

/** A message from the primary to a worker. */
export type ToWorker =
  /** Datagrams that came to another worker. */
  | { readonly kind: 'forwarded'; readonly datagrams: readonly Uint8Array[] }
  /** How many of the datagrams that this worker gave could not be forwarded. */
  | { readonly kind: 'not-forwarded'; readonly datagrams: number };

const FLAG = '--worker';

/** Arguments of the process of a worker. */
export const argumentsOfWorker = (start: WorkerStart): readonly string[] => [FLAG, JSON.stringify(start)];

/** How this process is started as a worker, or undefined when it isn't one. */
export function workerStartIn(args: readonly string[]): WorkerStart | undefined {
  const at = args.indexOf(FLAG);
  return at < 0 ? undefined : JSON.parse(args[at + 1] ?? '');
}

/** Datagrams that may wait until another process has read them; more are lost, as in a full socket. */
export const MAX_WAITING = 4096;
