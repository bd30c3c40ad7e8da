import { DeliveryError } from '../../distribution/errors.ts';
import { ERRNO } from './system-calls.ts';

/** What a flush waits for. Each promise resolves; none rejects. */
export interface FlushWaits {
  /** Resolves when the socket can be written. */
  readonly writable: () => Promise<void>;
  /** Resolves after this time, in ms. */
  readonly pause: (ms: number) => Promise<void>;
}

/** How a flush reaches the system. */
export interface FlushCalls extends FlushWaits {
  /**
   * Sends messages from `first` on. Returns how many were sent, at least one, or -errno when `first` was not.
   */
  readonly send: (first: number, count: number) => number;
  /** Takes errors that earlier datagrams met on their way off the socket's queue; returns how many. */
  readonly takeErrors: () => number;
  readonly nameOfError: (errno: number) => string;
}

/** Pauses while the system has no memory for a datagram, in ms: doubled each time, up to the second. */
export const NO_BUFFERS_PAUSE_MS = { first: 1, longest: 100 } as const;

/** After this number of pauses in a row, about 10 s, the message counts as not sent. */
export const MAX_PAUSES = 100;

/**
 * Sends `count` messages in order. Each call starts at the first message that has not been sent: none is lost
 * because the system took a part, was interrupted, or had no room. On EAGAIN the flush waits until the socket
 * can be written; on ENOBUFS and ENOMEM it pauses, longer each time. An ICMP error of an earlier datagram
 * ends a call too: the flush takes it off the queue and sends the message again.
 * @param fail receives each message that the system refuses
 */
export async function flush(
  calls: FlushCalls,
  count: number,
  fail: (index: number, error: DeliveryError) => void,
): Promise<void> {
  let done = 0;
  let pauses = 0;
  let again = 0;
  while (done < count) {
    const result = calls.send(done, count - done);
    if (result > 0) {
      done += result;
      pauses = 0;
      again = 0;
    } else if (result === -ERRNO.EAGAIN) {
      await calls.writable();
    } else if ((result === -ERRNO.ENOBUFS || result === -ERRNO.ENOMEM) && pauses < MAX_PAUSES) {
      const { first, longest } = NO_BUFFERS_PAUSE_MS;
      await calls.pause(Math.min(longest, first * 2 ** pauses));
      pauses++;
    } else if (result !== -ERRNO.EINTR) {
      // It may be the error of an earlier datagram: then it is in the socket's queue, or gone at the second
      // try.
      if (calls.takeErrors() > 0) continue;
      if (again > 0) {
        fail(done, notSent(calls.nameOfError(-result)));
        done++;
        again = 0;
        pauses = 0;
      } else again++;
    }
  }
}

/** The error of a message that the system did not take. */
export function notSent(why: string): DeliveryError {
  return new DeliveryError('not-sent', `the datagram was not sent: ${why}`);
}
