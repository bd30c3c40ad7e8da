import type { Btid } from '../gba/btid.ts';
import { isExpired } from '../gba/lifetime.ts';
import { nafId } from '../gba/naf-id.ts';
import type { Bootstrapping } from '../gba/realm.ts';
import type { SecretKey } from '../keys/secret-key.ts';

/** The UE's side of a bootstrapped security association with one BM-SC (TS 33.246 §6.1). */
export interface UeSecurityAssociation {
  readonly btid: Btid;
  /** FQDN of the BM-SC as a NAF. */
  readonly nafFqdn: string;
  /** What the keys come from; with AKMA the B-TID is an A-KID (TS 33.535 §6.1). */
  readonly bootstrapping?: Bootstrapping;
  /** 32 octets each. */
  readonly muk: SecretKey;
  readonly mrk: SecretKey;
  /** End of the key lifetime, ms since the epoch; undefined when the UE does not know it. */
  readonly expiresAt?: number;
}

/** An association with the replay counter of its MUK. */
export interface KnownMuk {
  readonly association: UeSecurityAssociation;
  /** The last accepted counter; 0 for a new MUK (TS 31.102 §4.2.81). */
  readonly lastCounter: number;
}

interface KnownAssociation {
  readonly association: UeSecurityAssociation;
  lastCounter: number;
  isUsed: boolean;
}

// @clause TS 31.102 §4.2.81 s1, s2
/**
 * The MUKs with which a UE checks MIKEY messages: that of its last bootstrapping, and the last one that the
 * BM-SC used successfully, because the BM-SC may not know of the last bootstrapping yet (TS 33.246
 * §6.3.2.2.4).
 */
export class UeSecurityAssociations {
  #present: KnownAssociation | undefined;
  #lastUsed: KnownAssociation | undefined;

  /**
   * Adds the association of a new bootstrapping. Of the earlier ones it keeps the one that the BM-SC used
   * last.
   */
  use(association: UeSecurityAssociation): void {
    const known = this.#known().find((each) => hasMukOf(each.association, association));
    if (known !== undefined && known === this.#present) return;
    if (this.#present !== undefined && (this.#present.isUsed || !this.#lastUsed?.isUsed))
      this.#lastUsed = this.#present;
    this.#present = known ?? { association, lastCounter: 0, isUsed: false };
  }

  /** The MUK of a MUK ID, which is the pair IDi, IDr: the BM-SC's NAF_Id and the UE's B-TID. */
  find(idi: Uint8Array, idr: Uint8Array): KnownMuk | undefined {
    return this.#known().find(
      ({ association: { btid, nafFqdn } }) =>
        Buffer.from(btid).equals(idr) && Buffer.from(nafId(nafFqdn)).equals(idi),
    );
  }

  /** Marks the MUK as used and remembers the counter of its message; the message must be authentic. */
  accept({ association }: KnownMuk, counter: number): void {
    const known = this.#known().find((each) => each.association === association);
    if (known === undefined) return;
    known.lastCounter = counter;
    known.isUsed = true;
    // The BM-SC now uses the present MUK, so it will not use the one before again.
    if (known === this.#present) this.#lastUsed = undefined;
  }

  /** Marks the association as used: the BM-SC has proved by HTTP Digest that it has it. */
  confirm(btid: Btid): void {
    if (this.#present?.association.btid === btid) this.#present.isUsed = true;
  }

  #known(): KnownAssociation[] {
    return [this.#present, this.#lastUsed].filter((each) => each !== undefined);
  }
}

/**
 * Compares MUKs, because the replay counter belongs to the MUK: an association in use again keeps its
 * counter.
 */
function hasMukOf(one: UeSecurityAssociation, other: UeSecurityAssociation): boolean {
  return one.btid === other.btid && one.nafFqdn === other.nafFqdn && one.muk.equals(other.muk);
}

/** Whether the key lifetime is known to be over; `now` is ms since the epoch. */
export function isOver({ expiresAt }: UeSecurityAssociation, now: number): boolean {
  return expiresAt !== undefined && isExpired(expiresAt, now);
}
