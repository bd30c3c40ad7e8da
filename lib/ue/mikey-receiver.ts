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
import {
  createSecurityAssociations,
  isOver,
  type UeSecurityAssociation,
  type UeSecurityAssociations,
} from './security-association.ts';

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
  /** Takes a new association; the one that the BM-SC used last stays good for what it still sends under it. */
  readonly use: UeSecurityAssociations['use'];
  /** Remembers that the BM-SC has authenticated itself under the association of a B-TID. */
  readonly confirm: UeSecurityAssociations['confirm'];
  /** Takes one message. It never throws on what is in it, and refuses in silence: no answer goes back. */
  readonly receive: (octets: Uint8Array) => ReceivedMikey;
}

/** A receiver that puts MSKs into `ring`. `now` gives ms since the epoch. */
export function createMikeyReceiver(ring: KeyRing, now: () => number = Date.now): MikeyReceiver {
  const associations = createSecurityAssociations();

  const receive = (octets: Uint8Array): ReceivedMikey => {
    const message = decodeMikeyMessage(octets);
    if (message.keyIds.mtkId !== undefined) return receiveMtk(ring, message);
    const known = message.idi && message.idr && associations.find(message.idi.data, message.idr.data);
    if (known === undefined) return { kind: 'refused', reason: 'unknown-muk' };
    const { counter } = message.timestamp;
    // RFC 3830 §5.3: first the question of replay, then the MAC, and only then is the counter remembered.
    if (counter === undefined || counter <= known.lastCounter) return { kind: 'refused', reason: 'replayed' };
    const { muk } = known.association;
    if (isSolicitedPull(message)) {
      const { keyDomainId, keyGroup } = openSolicitedPullMessage(message, muk);
      associations.accept(known, counter);
      return { kind: 'solicited-pull', keyDomainId, keyGroup, counter };
    }
    // Beyond its lifetime a MUK is good for a solicited pull only (TS 33.246 §6.3.2.2.4 NOTE 1).
    if (isOver(known.association, now())) return { kind: 'refused', reason: 'expired-muk' };
    const { keyDomainId, mskId, msk, validity } = openMskMessage(message, muk);
    associations.accept(known, counter);
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
    use: associations.use,
    confirm: associations.confirm,
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
