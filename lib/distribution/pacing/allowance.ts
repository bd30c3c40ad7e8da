import type { UeAddress } from '../../address/ue-address.ts';

/** A message as far as its UE's allowance is concerned. */
export interface AllowedMessage {
  readonly octets: number;
  /** Messages of the same delivery that were sent before. */
  readonly tried: number;
  readonly to: UeAddress;
}

/** What one UE may be sent. An object of its own for each UE: messages with the same one take turns. */
export interface UeAllowance {
  /** Whether the UE may be sent the message now. */
  readonly covers: (message: AllowedMessage) => boolean;
  /** Counts a message that is about to be sent. */
  readonly spend: (message: AllowedMessage) => void;
  /** Set by the queue: to be called when the UE may be sent more. */
  onMore: () => void;
}

/** The allowance of pushes: the operator bounds them. */
export const UNBOUNDED: UeAllowance = { covers: () => true, spend: () => {}, onMore: () => {} };
