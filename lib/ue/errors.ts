import { CodedError } from '../coded-error.ts';

/** The codes of a `UeError`. */
export type UeErrorCode =
  | 'no-answer'
  | 'not-authenticated'
  | 'bad-challenge'
  | 'bad-answer'
  | 'forged-answer'
  | 'refused'
  | 'foreign-network'
  | 'bad-sim';

/** A procedure that the UE could not complete; `status` is the HTTP status of the answer, if one came. */
export class UeError extends CodedError<UeErrorCode> {
  override readonly name = 'UeError';
  readonly status: number | undefined;

  constructor(code: UeErrorCode, message: string, options: ErrorOptions & { status?: number } = {}) {
    super(code, message, options);
    this.status = options.status;
  }
}
