import { CodedError } from '../../coded-error.ts';
import type { PayloadMismatch } from './mismatch.ts';

/** The codes of a `PayloadError`. */
export type PayloadErrorCode = 'too-large' | 'bad-base64' | 'bad-xml' | 'bad-content' | 'too-many';

/** A payload that no UE or BM-SC may send by TS 26.346, as the payload profile has it. */
export class PayloadError extends CodedError<PayloadErrorCode> {
  override readonly name = 'PayloadError';
  /**
   * Where the payload is otherwise than the payload profile says; undefined: it would be wrong by any
   * profile.
   */
  readonly mismatch: PayloadMismatch | undefined;

  constructor(code: PayloadErrorCode, message: string, mismatch?: PayloadMismatch) {
    super(code, message);
    this.mismatch = mismatch;
  }
}
