import type { Btid } from '../gba/btid.ts';
import { isExpired } from '../gba/lifetime.ts';
import { nafId } from '../gba/naf-id.ts';
import type { SecretKey } from '../keys/secret-key.ts';

/** The UE's side of a bootstrapped security association with one BM-SC (TS 33.246 §6.1). */
export interface UeSecurityAssociation {
  readonly btid: Btid;
  /** FQDN of the BM-SC as a NAF. */
  readonly nafFqdn: string;
  /** 32 octets each. */
  readonly muk: SecretKey;
  readonly mrk: SecretKey;
  /** End of the key lifetime, ms since the epoch; undefined where the UE was not told. */
  readonly expiresAt?: number;
}

/** An association with the replay counter of its MUK. */
export interface KnownMuk {
  readonly association: UeSecurityAssociation;
  /** The last counter accepted, 0 at first: a new MUK restarts it (TS 31.102 §4.2.81). */
  readonly lastCounter: number;
}

/**
 * The MUKs that a UE checks MIKEY messages with: that of its last bootstrapping, and the last one that the BM-SC
 * used successfully, for the BM-SC need not know of the last bootstrapping yet (TS 33.246 §6.3.2.2.4).
 */
export interface UeSecurityAssociations {
  /** Takes the association of a new bootstrapping. Of those before it only the one is kept that the BM-SC used last. */
  readonly use: (association: UeSecurityAssociation) => void;
  /** The MUK of a MUK ID, which is the pair IDi, IDr: the BM-SC's NAF_Id and the UE's B-TID. */
  readonly find: (idi: Uint8Array, idr: Uint8Array) => KnownMuk | undefined;
  /** Remembers that a message under the MUK was authentic, and its counter. */
  readonly accept: (muk: KnownMuk, counter: number) => void;
  /** Remembers that the BM-SC has shown by HTTP Digest that it has the association. */
  readonly confirm: (btid: Btid) => void;
}

interface State {
  readonly association: UeSecurityAssociation;
  lastCounter: number;
  isUsed: boolean;
}

/** No associations yet. */
export function createSecurityAssociations(): UeSecurityAssociations {
  let present: State | undefined;
  let lastUsed: State | undefined;
  const states = () => [present, lastUsed].filter((state) => state !== undefined);

  return {
    use: (association) => {
      const known = states().find((state) => hasMukOf(state.association, association));
      if (known !== undefined && known === present) return;
      if (present !== undefined && (present.isUsed || !lastUsed?.isUsed)) lastUsed = present;
      present = known ?? { association, lastCounter: 0, isUsed: false };
    },
    find: (idi, idr) =>
      states().find(
        ({ association: { btid, nafFqdn } }) =>
          Buffer.from(btid).equals(idr) && Buffer.from(nafId(nafFqdn)).equals(idi),
      ),
    accept: ({ association }, counter) => {
      const state = states().find((each) => each.association === association);
      if (state === undefined) return;
      state.lastCounter = counter;
      state.isUsed = true;
      // The MUK that was used successfully last is now the present one.
      if (state === present) lastUsed = undefined;
    },
    confirm: (btid) => {
      if (present?.association.btid === btid) present.isUsed = true;
    },
  };
}

/** The replay counter belongs to the MUK: an association that is used again goes on from its last one. */
function hasMukOf(one: UeSecurityAssociation, other: UeSecurityAssociation): boolean {
  return one.btid === other.btid && one.nafFqdn === other.nafFqdn && one.muk.equals(other.muk);
}

/** Whether the key lifetime is known to be over; `now` is ms since the epoch. */
export function isOver({ expiresAt }: UeSecurityAssociation, now: number): boolean {
  return expiresAt !== undefined && isExpired(expiresAt, now);
}
