import { CodedError } from '../coded-error.ts';
import type { EventInput } from '../events/contracts.ts';

/** Why a UE got no message, or did not confirm it. The codes are stable: events and the ledger have them. */
export type DeliveryFailure =
  | 'unknown-ue'
  /** An operator has blocked the subscriber. */
  | 'blocked'
  /** An operator has cancelled the push before the UE was sent anything. */
  | 'cancelled'
  | 'no-address'
  | 'no-route'
  | 'not-sent'
  | 'expired-association'
  | 'pull-already-solicited'
  | 'not-registered'
  | 'unknown-msk'
  | 'corrupt-item'
  | 'counter-exhausted'
  | 'too-many-under-way'
  | 'too-frequent'
  | 'not-answering'
  | 'not-verified';

/** A delivery that can't be made; the message says what to do about it. */
export class DeliveryError extends CodedError<DeliveryFailure> {
  override readonly name = 'DeliveryError';
}

/** The sender stops before all UEs of a page are settled: another sender takes the page. */
export class DeliveryInterrupted extends Error {
  override readonly name = 'DeliveryInterrupted';

  constructor() {
    super('the sender stops');
  }
}

/** Why a request is refused. */
export type PushRefusal = EventInput<'MSK Push Refused'>['reason'];

/** A request that can't succeed however often it is tried; the message is for people. */
export class RequestRefused extends CodedError<PushRefusal> {
  override readonly name = 'RequestRefused';
}
