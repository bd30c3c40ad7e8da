import { CodedError } from '../coded-error.ts';

/** What is wrong with an event. */
export type EventErrorCode =
  | 'not-an-event'
  | 'unknown-detail-type'
  | 'unknown-version'
  | 'bad-data'
  | 'not-published';

/** An event that breaks the contract of the bus, or that the bus did not accept. */
export class EventError extends CodedError<EventErrorCode> {
  override readonly name = 'EventError';
}
