import { CodedError } from '../coded-error.ts';

/** The codes of an `MbsError`. */
export type MbsErrorCode = 'malformed' | 'no-keys';

/** A security context that is none, or that can't be made. Holds no key. */
export class MbsError extends CodedError<MbsErrorCode> {
  override readonly name = 'MbsError';
}
