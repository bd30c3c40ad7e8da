import { CodedError } from '../coded-error.ts';

/** Why an MSK message or a solicited pull was not sent, or not confirmed; stable, it stands in events and in the ledger. */
export type DeliveryFailure =
  | 'unknown-ue'
  | 'no-address'
  | 'no-route'
  | 'not-sent'
  | 'expired-association'
  | 'pull-already-solicited'
  | 'not-registered'
  | 'unknown-msk'
  | 'corrupt-item'
  | 'counter-exhausted'
  | 'not-verified';

/** A delivery that can't be made; the message says what to do about it. */
export class DeliveryError extends CodedError<DeliveryFailure> {
  override readonly name = 'DeliveryError';
}

/** The sender stops before all UEs of a page are through: the page is for another sender. */
export class DeliveryInterrupted extends Error {
  override readonly name = 'DeliveryInterrupted';

  constructor() {
    super('the sender stops');
  }
}
