import { CodedError } from '../coded-error.ts';

/** The codes of an `SrtpError`. */
export type SrtpErrorCode =
  | 'truncated'
  | 'not-rtp'
  | 'no-key'
  | 'unknown-mki'
  | 'auth-failure'
  | 'replayed'
  | 'bad-key'
  | 'key-spent'
  | 'too-many-streams';

/** A packet that can't be protected or opened. Never holds octets of a key. */
export class SrtpError extends CodedError<SrtpErrorCode> {
  override readonly name = 'SrtpError';
}
