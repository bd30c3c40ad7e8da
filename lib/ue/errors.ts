import { CodedError } from '../coded-error.ts';

/** What a `UeError` can say. */
export type UeErrorCode =
  | 'no-answer'
  | 'not-authenticated'
  | 'bad-challenge'
  | 'bad-answer'
  | 'forged-answer'
  | 'refused';

/** A procedure that the UE could not finish; `status` is the HTTP status where there was one. */
export class UeError extends CodedError<UeErrorCode> {
  override readonly name = 'UeError';
  readonly status: number | undefined;

  constructor(code: UeErrorCode, message: string, options: ErrorOptions & { status?: number } = {}) {
    super(code, message, options);
    this.status = options.status;
  }
}
