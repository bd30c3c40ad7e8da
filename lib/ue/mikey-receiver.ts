import { nafId } from '../gba/naf-id.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import type { SecretKey } from '../keys/secret-key.ts';
import {
  decodeMikeyMessage,
  encodeVerificationMessage,
  isSolicitedPull,
  MikeyError,
  type MikeyMessage,
  openMskMessage,
  openMtkMessage,
  openSolicitedPullMessage,
} from '../mikey/index.ts';
import type { HeldMsk, KeyRing } from './key-ring.ts';
import type { UeSecurityAssociation } from './security-association.ts';

/** What a MIKEY message came to. */
export type ReceivedMikey =
  | {
      readonly kind: 'msk';
      readonly msk: HeldMsk;
      readonly counter: number;
      readonly verification: Uint8Array | undefined;
    }
  | {
      readonly kind: 'solicited-pull';
      readonly keyDomainId: KeyDomainId;
      readonly keyGroup: number;
      readonly counter: number;
    }
  | { readonly kind: 'mtk'; readonly mtkId: number; readonly mtk: SecretKey }
  | { readonly kind: 'refused'; readonly reason: string };

/** The UE's end of MSK delivery: associations, replay counters and keys, no socket. */
export interface MikeyReceiver {
  /** Adds an association; earlier ones stay good for what the BM-SC still sends under them (TS 33.246 §6.3.2.2.4). */
  readonly use: (association: UeSecurityAssociation) => void;
  /** Takes one message. It never throws on what is in it, and refuses in silence: no answer goes back. */
  readonly receive: (octets: Uint8Array) => ReceivedMikey;
}

/** Associations kept: the present one and those that the BM-SC may have used last. */
const MAX_ASSOCIATIONS = 2;

/** A receiver that puts MSKs into `ring`. */
export function createMikeyReceiver(ring: KeyRing): MikeyReceiver {
  const muks: { association: UeSecurityAssociation; lastCounter: number }[] = [];

  const receive = (octets: Uint8Array): ReceivedMikey => {
    const message = decodeMikeyMessage(octets);
    if (message.keyIds.mtkId !== undefined) return receiveMtk(ring, message);
    const known = muks.find(({ association }) => isAddressedTo(message, association));
    if (known === undefined) return { kind: 'refused', reason: 'unknown-muk' };
    const { counter } = message.timestamp;
    // RFC 3830 §5.3: first the question of replay, then the MAC, and only then is the counter remembered.
    if (counter === undefined || counter <= known.lastCounter) return { kind: 'refused', reason: 'replayed' };
    const { muk } = known.association;
    if (isSolicitedPull(message)) {
      const { keyDomainId, keyGroup } = openSolicitedPullMessage(message, muk);
      known.lastCounter = counter;
      return { kind: 'solicited-pull', keyDomainId, keyGroup, counter };
    }
    const { keyDomainId, mskId, msk, validity } = openMskMessage(message, muk);
    known.lastCounter = counter;
    const rand = message.rand ?? new Uint8Array(0);
    const held = { keyDomainId, mskId, msk, validity, rand };
    ring.put(held);
    return {
      kind: 'msk',
      msk: held,
      counter,
      verification: verificationOf(message, known.association, counter, rand),
    };
  };

  return {
    use: (association) => {
      const known = muks.findIndex((each) => hasMukOf(each.association, association));
      const [kept] = known < 0 ? [] : muks.splice(known, 1);
      muks.unshift({ association, lastCounter: kept?.lastCounter ?? 0 });
      muks.splice(MAX_ASSOCIATIONS);
    },
    receive: (octets) => {
      try {
        return receive(octets);
      } catch (error) {
        if (error instanceof MikeyError) return { kind: 'refused', reason: error.code };
        throw error;
      }
    },
  };
}

/** The replay counter belongs to the MUK: an association that is used again goes on from its last one. */
function hasMukOf(one: UeSecurityAssociation, other: UeSecurityAssociation): boolean {
  return one.btid === other.btid && one.nafFqdn === other.nafFqdn && one.muk.equals(other.muk);
}

/** The MUK ID is the pair IDi, IDr: the BM-SC's NAF_Id and the UE's B-TID. */
function isAddressedTo({ idi, idr }: MikeyMessage, { btid, nafFqdn }: UeSecurityAssociation): boolean {
  if (idi === undefined || idr === undefined) return false;
  return Buffer.from(btid).equals(idr.data) && Buffer.from(nafId(nafFqdn)).equals(idi.data);
}

function verificationOf(
  { header }: MikeyMessage,
  { muk, btid, nafFqdn }: UeSecurityAssociation,
  counter: number,
  rand: Uint8Array,
): Uint8Array | undefined {
  if (!header.verificationRequested) return undefined;
  return encodeVerificationMessage({
    muk,
    csbId: header.csbId,
    rand,
    counter,
    bmscId: nafId(nafFqdn),
    ueId: Buffer.from(btid),
  });
}

/** TS 33.246 §6.5: the MTK ID is asked about first and remembered once the MAC is right. */
function receiveMtk(ring: KeyRing, message: MikeyMessage): ReceivedMikey {
  const { keyDomainId, mskId, mtkId } = message.keyIds;
  const msk = keyDomainId && mskId && ring.find(keyDomainId, mskId);
  if (msk === undefined || mtkId === undefined) return { kind: 'refused', reason: 'unknown-msk' };
  if (!ring.isMtkAcceptable(msk, mtkId)) return { kind: 'refused', reason: 'replayed' };
  const { mtk } = openMtkMessage(message, msk.msk, msk.rand);
  ring.markMtk(msk, mtkId);
  return { kind: 'mtk', mtkId, mtk };
}
