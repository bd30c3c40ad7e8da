/** What a `StoreError` can say. */
export type StoreErrorCode =
  | 'not-found'
  | 'corrupt-item'
  | 'throttled'
  | 'conflict'
  | 'invalid'
  | 'data-key-unavailable';

/** The key store could not do what was asked. Never holds octets of a key. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
