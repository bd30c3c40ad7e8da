import { DeliveryError } from '../../distribution/errors.ts';
import { ERRNO } from './system-calls.ts';

/** What sending waits on; each resolves, none rejects. */
export interface FlushWaits {
  /** The socket can be written. */
  readonly writable: () => Promise<void>;
  /** So many ms have passed. */
  readonly pause: (ms: number) => Promise<void>;
}

/** How a flush reaches the system. */
export interface FlushCalls extends FlushWaits {
  /** Sends messages from `first` on: how many went, at least one, or -errno when that of `first` did not. */
  readonly send: (first: number, count: number) => number;
  /** Takes up errors that earlier datagrams met on their way: how many. */
  readonly takeErrors: () => number;
  readonly nameOfError: (errno: number) => string;
}

/** Pauses while the system has no memory for a datagram, in ms: doubled each time, up to the second. */
export const NO_BUFFERS_PAUSE_MS = { first: 1, longest: 100 } as const;

/** After so many pauses in a row, about 10 s, the message counts as not sent. */
export const MAX_PAUSES = 100;

/**
 * Sends `count` messages in order, again and again from the first that has not gone: none is lost because the system
 * took a part, was interrupted, or had no room (EAGAIN: it tells when there is; ENOBUFS, ENOMEM: a growing pause).
 * An error that an earlier datagram met (ICMP) ends a call too; it is taken up, and the message sent again.
 * @param fail is told of each message that the system refuses
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
      // The error may be that of an earlier datagram: then it is in the socket's queue, or gone at the second try.
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

/** For a message that the system did not take. */
export function notSent(why: string): DeliveryError {
  return new DeliveryError('not-sent', `the datagram was not sent: ${why}`);
}
