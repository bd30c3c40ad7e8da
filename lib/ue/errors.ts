/** What a `UeError` can say. */
export type UeErrorCode =
  | 'no-answer'
  | 'not-authenticated'
  | 'bad-challenge'
  | 'bad-answer'
  | 'forged-answer'
  | 'refused';

/** A procedure that the UE could not finish; `status` is the HTTP status where there was one. */
export class UeError extends Error {
  override readonly name = 'UeError';
  readonly code: UeErrorCode;
  readonly status: number | undefined;

  constructor(code: UeErrorCode, message: string, options: ErrorOptions & { status?: number } = {}) {
    super(message, options);
    this.code = code;
    this.status = options.status;
  }
}
