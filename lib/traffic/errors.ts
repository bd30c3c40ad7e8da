import { CodedError } from '../coded-error.ts';

/** The codes of a `TrafficError`. */
export type TrafficErrorCode = 'wrong-setting' | 'bad-hand-over';

/** A setting of traffic keys that can't work, or a line of the hand-over that is none. Holds no key. */
export class TrafficError extends CodedError<TrafficErrorCode> {
  override readonly name = 'TrafficError';
}
