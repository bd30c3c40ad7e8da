import { CodedError } from '../coded-error.ts';

/** The codes of a `FrontDoorError`. */
export type FrontDoorErrorCode = 'unknown-event' | 'bad-base64' | 'no-source-address';

/** An event of an unknown gateway, or one that lacks what the gateway's settings must provide. */
export class FrontDoorError extends CodedError<FrontDoorErrorCode> {
  override readonly name = 'FrontDoorError';
}
