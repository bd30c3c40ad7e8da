import type { Pacing } from '../../events/contracts.ts';
import type { UeAllowance } from '../pacing/allowance.ts';
import type { Recipient } from '../recipients/recipient.ts';
import type { MessageContent } from './message-batch.ts';

/** Messages of one content to the UEs of one page. */
export interface DeliveryOrder {
  /** The name of the send queue. Orders of one queue share its pacing: that of the first. */
  readonly sendQueue: string;
  readonly content: MessageContent;
  readonly pacing: Pacing;
  readonly recipients: readonly Recipient[];
  /**
   * Of an answer to one UE: what the UE may be sent, and the octets of the message. In a queue of such orders
   * UEs take turns.
   */
  readonly allowance?: UeAllowance;
  readonly messageOctets?: number;
  /** Of such an order: learns whether the system took each of its messages, or why not. */
  readonly onDatagram?: ((refused: string | undefined) => void) | undefined;
  /** Receives, at most twice, the IMPIs of the UEs that have confirmed while others are waited for. */
  readonly onVerifiedSoFar?: ((impis: readonly string[]) => void) | undefined;
}
