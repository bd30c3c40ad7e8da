import { CodedError } from '../coded-error.ts';

/** What a `DigestError` can say. */
export type DigestErrorCode =
  | 'malformed'
  | 'too-long'
  | 'duplicate-parameter'
  | 'missing-parameter'
  | 'bad-parameter'
  | 'unsupported-algorithm'
  | 'unsupported-parameter'
  | 'qop-missing';

/** A header of Digest that breaks its grammar or asks for what is not done here. */
export class DigestError extends CodedError<DigestErrorCode> {
  override readonly name = 'DigestError';
}
