import { CodedError } from '../coded-error.ts';

/** What a `StoreError` can say. */
export type StoreErrorCode =
  | 'not-found'
  | 'corrupt-item'
  | 'throttled'
  | 'conflict'
  | 'invalid'
  /** Something else is stored under the same name, and was not to be replaced. */
  | 'exists'
  /** The subscriber is blocked: it gets no association. */
  | 'blocked'
  | 'data-key-unavailable';

/** The key store could not do what was asked. Never holds octets of a key. */
export class StoreError extends CodedError<StoreErrorCode> {
  override readonly name = 'StoreError';
}
