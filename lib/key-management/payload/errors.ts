import { CodedError } from '../../coded-error.ts';

/** The codes of a `PayloadError`. */
export type PayloadErrorCode = 'too-large' | 'bad-base64' | 'bad-xml' | 'bad-content' | 'too-many';

/** A payload that no UE or BM-SC may send by TS 26.346. */
export class PayloadError extends CodedError<PayloadErrorCode> {
  override readonly name = 'PayloadError';
}
