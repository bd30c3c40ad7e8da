import type { UeAddress } from '../../address/ue-address.ts';
import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import type { DeliveryAssociation } from '../../store/association/delivery-association.ts';
import type { DeliveryFailure } from '../errors.ts';

/** A UE that a page or an event names; without a B-TID, the subscriber's current association is used. */
export interface RequestedUe {
  readonly impi: Impi;
  readonly btid?: Btid | undefined;
  /** What a delivery needs of the association, where the page has it: then the association is not read. */
  readonly copy?: DeliveryAssociation | undefined;
}

/**
 * A UE that gets a message: what building and sending it needs, and nothing else. A sender holds one for each
 * UE that it waits for.
 */
export interface Recipient {
  readonly impi: Impi;
  readonly btid: Btid;
  /** 32 octets */
  readonly muk: SecretKey;
  /** ms since the epoch */
  readonly bootstrappedAt: number;
  /**
   * ms since the epoch: nothing is sent under the MUK from then on. Infinite for the one message that an
   * expired MUK may protect.
   */
  readonly expiresAt: number;
  readonly address: UeAddress;
}

/** A UE that gets no message, and why. */
export interface RefusedUe {
  readonly impi: Impi;
  readonly reason: DeliveryFailure;
}
