import type { UeAddress } from '../../address/ue-address.ts';
import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import type { DeliveryFailure } from '../errors.ts';

/** What must be known of a UE to make and send its messages, and nothing else: as many are held as wait for an answer. */
export interface Recipient {
  readonly impi: Impi;
  readonly btid: Btid;
  /** 32 octets */
  readonly muk: SecretKey;
  /** ms since the epoch */
  readonly bootstrappedAt: number;
  /** ms since the epoch: nothing goes out under the MUK from then on. Infinite for the one message that may. */
  readonly expiresAt: number;
  readonly address: UeAddress;
}

/** A UE that gets nothing, and why. */
export interface Unserved {
  readonly impi: Impi;
  readonly reason: DeliveryFailure;
}
