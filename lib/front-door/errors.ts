import { CodedError } from '../coded-error.ts';

/** What a `FrontDoorError` can say. */
export type FrontDoorErrorCode = 'unknown-event' | 'bad-base64' | 'no-source-address';

/** An event that no gateway known here makes, or one that lacks what its gateway is set up to tell. */
export class FrontDoorError extends CodedError<FrontDoorErrorCode> {
  override readonly name = 'FrontDoorError';
}
