import { CodedError } from '../coded-error.ts';

/** The codes of a `DigestError`. */
export type DigestErrorCode =
  | 'malformed'
  | 'too-long'
  | 'duplicate-parameter'
  | 'missing-parameter'
  | 'bad-parameter'
  | 'unsupported-algorithm'
  | 'unsupported-parameter'
  | 'qop-missing';

/** A Digest header that breaks the grammar or needs an unsupported feature. */
export class DigestError extends CodedError<DigestErrorCode> {
  override readonly name = 'DigestError';
}
