import { CodedError } from '../../coded-error.ts';

/** What a `PayloadError` can say. */
export type PayloadErrorCode = 'too-large' | 'bad-base64' | 'bad-xml' | 'bad-content' | 'too-many';

/** A payload that is not what TS 26.346 has a UE or BM-SC send. */
export class PayloadError extends CodedError<PayloadErrorCode> {
  override readonly name = 'PayloadError';
}
