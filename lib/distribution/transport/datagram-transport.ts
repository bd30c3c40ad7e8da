import type { UeAddress } from '../../address/ue-address.ts';
import type { MessageBatch } from '../../mikey/message/msk-batch.ts';
import type { DeliveryError } from '../errors.ts';

/** Sends MIKEY messages over UDP and receives the datagrams that come back. */
export interface DatagramTransport {
  /** Local addresses, numeric. */
  readonly addresses: readonly UeAddress[];
  /**
   * Sets the one receiver of incoming datagrams, and replaces the one before. Datagrams that arrive before
   * the first call are read from the socket and dropped. A caller that listens in the turn of the event loop
   * in which the transport was opened loses none.
   */
  listen(onDatagrams: DatagramListener): void;
  /**
   * @throws DeliveryError `no-route` when no socket has the address's family, `not-sent` when the system
   * refuses
   */
  send(message: Uint8Array, to: UeAddress): Promise<void>;
  /**
   * Sends each message of the batch to the address of the same index, in their order, and resolves when the
   * system has taken the last of them. The octets of the batch must not change until then.
   * @returns for each message undefined when it was sent, else the error that `send` would throw
   * @throws RangeError unless there are as many addresses as messages
   */
  sendBatch(batch: MessageBatch, to: readonly UeAddress[]): Promise<readonly (DeliveryError | undefined)[]>;
  close(): Promise<void>;
}

/** Datagrams that came in together: those of one system call, or of one turn of the event loop. */
export interface ReceivedDatagrams {
  /** In the order in which they came. They may be overwritten when the receiver has returned. */
  readonly octets: readonly Uint8Array[];
  /** The address that sent the datagram of this index; only until the receiver has returned. */
  readonly addressOf: (index: number) => UeAddress;
}

/** Receives datagrams; it must not throw. */
export type DatagramListener = (datagrams: ReceivedDatagrams) => void;

/** The receiver of a transport until `listen` is called. */
export const DROP_DATAGRAMS: DatagramListener = () => {};
