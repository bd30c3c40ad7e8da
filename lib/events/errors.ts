/** What an `EventError` can say. */
export type EventErrorCode =
  | 'not-an-event'
  | 'unknown-detail-type'
  | 'unknown-version'
  | 'bad-data'
  | 'not-published';

/** An event that breaks the contract of the bus, or that the bus did not take. */
export class EventError extends Error {
  override readonly name = 'EventError';
  readonly code: EventErrorCode;

  constructor(code: EventErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
