import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { buildMskMessages, type MessageBatch } from '../../../lib/mikey/message/msk-batch.ts';
import { PUSH, recipientOf } from './inputs.ts';

/** What differs from message to message, by index; the MUK is that of the UE of the inputs. */
export interface Made {
  readonly count: number;
  /** Index of the UE. */
  readonly ues: Uint32Array;
  readonly csbIds: Uint32Array;
  readonly counters: Uint32Array;
  /** 16 octets each. */
  readonly rands: Uint8Array;
}

/**
 * The plain builder in a thread of its own, for what it leaves to clear up would weigh on what is timed next.
 */
export interface Reference {
  /** The messages as they must be. */
  readonly build: (made: Made) => Promise<MessageBatch>;
}

const RAND_LENGTH = 16;

/** Starts the thread. */
export function startReference(): Reference {
  const worker = new Worker(new URL(import.meta.url));
  worker.unref();
  return {
    build: async (made) => {
      worker.postMessage(made);
      const [expected] = await once(worker, 'message');
      return expected;
    },
  };
}

if (!isMainThread)
  parentPort?.on('message', ({ count, ues, csbIds, counters, rands }: Made) => {
    const recipients = Array.from({ length: count }, (_, index) => ({
      ...recipientOf(ues[index] ?? 0),
      csbId: csbIds[index] ?? 0,
      counter: counters[index] ?? 0,
      rand: rands.subarray(index * RAND_LENGTH, (index + 1) * RAND_LENGTH),
    }));
    const { octets, offsets } = buildMskMessages(PUSH, recipients);
    parentPort?.postMessage({ octets: new Uint8Array(octets), offsets, count });
  });
