import type { Btid } from '../gba/btid.ts';
import { nafId } from '../gba/naf-id.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import type { MskId } from '../keys/msk-id.ts';
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
  type SrtpStream,
} from '../mikey/index.ts';
import type { HeldMsk, KeyRing } from './key-ring.ts';
import {
  isOver,
  type KnownMuk,
  type UeSecurityAssociation,
  UeSecurityAssociations,
} from './security-association.ts';

/** The result of a MIKEY message. */
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
  | {
      readonly kind: 'mtk';
      readonly keyDomainId: KeyDomainId;
      readonly mskId: MskId;
      readonly mtkId: number;
      readonly mtk: SecretKey;
      readonly salt: SecretKey | undefined;
      /**
       * The SRTP streams that it protects, with their rollover counters; none where the message names none.
       */
      readonly streams: readonly SrtpStream[];
    }
  /** A message with an MTK that the UE has, or with one before that. */
  | { readonly kind: 'mtk-repeated'; readonly mtkId: number; readonly streams: readonly SrtpStream[] }
  | { readonly kind: 'refused'; readonly reason: string };

// @clause RFC 3830 §5.3 s1, s2, s3
// @clause RFC 3830 §6.1 s1, s2
// @clause TS 33.501 annex W.4.1.2 s5
/** The UE's end of MSK delivery: associations, replay counters and keys; no socket. */
export class MikeyReceiver {
  readonly #ring: KeyRing;
  readonly #now: () => number;
  readonly #associations = new UeSecurityAssociations();

  /** Puts MSKs into `ring`. `now` returns ms since the epoch. */
  constructor(ring: KeyRing, now: () => number = Date.now) {
    this.#ring = ring;
    this.#now = now;
  }

  /** Adds the association of a new bootstrapping, and keeps the one that the BM-SC used last. */
  use(association: UeSecurityAssociation): void {
    this.#associations.use(association);
  }

  /** Marks the association of a B-TID as used: the BM-SC has authenticated itself over HTTP. */
  confirm(btid: Btid): void {
    this.#associations.confirm(btid);
  }

  /** Handles one message. Returns the reason of a refusal, and never throws on the octets of a message. */
  receive(octets: Uint8Array): ReceivedMikey {
    try {
      const message = decodeMikeyMessage(octets);
      return message.keyIds.mtkId === undefined
        ? this.#receiveUnderMuk(message)
        : receiveMtk(this.#ring, message);
    } catch (error) {
      if (error instanceof MikeyError) return { kind: 'refused', reason: error.code };
      throw error;
    }
  }

  /** RFC 3830 §5.3: checks for replay first, then the MAC, and only then remembers the counter. */
  #receiveUnderMuk(message: MikeyMessage): ReceivedMikey {
    const known = message.idi && message.idr && this.#associations.find(message.idi.data, message.idr.data);
    if (known === undefined) return { kind: 'refused', reason: 'unknown-muk' };
    const { counter } = message.timestamp;
    if (counter === undefined || counter <= known.lastCounter) return { kind: 'refused', reason: 'replayed' };
    if (isSolicitedPull(message)) {
      const { keyDomainId, keyGroup } = openSolicitedPullMessage(message, known.association.muk);
      this.#associations.accept(known, counter);
      return { kind: 'solicited-pull', keyDomainId, keyGroup, counter };
    }
    // After its lifetime a MUK serves for a solicited pull only (TS 33.246 §6.3.2.2.4 NOTE 1).
    if (isOver(known.association, this.#now())) return { kind: 'refused', reason: 'expired-muk' };
    return this.#receiveMsk(message, known, counter);
  }

  #receiveMsk(message: MikeyMessage, known: KnownMuk, counter: number): ReceivedMikey {
    const { keyDomainId, mskId, msk, validity } = openMskMessage(message, known.association.muk);
    this.#associations.accept(known, counter);
    const rand = message.rand ?? new Uint8Array(0);
    const held = { keyDomainId, mskId, msk, validity, rand };
    this.#ring.put(held);
    const verification = verificationOf(message, known.association, counter, rand);
    return { kind: 'msk', msk: held, counter, verification };
  }
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

/**
 * TS 33.246 §6.5: checks the counter and the MTK ID first, and marks them as used once the MAC is right. A
 * message that repeats an MTK is good, and brings nothing.
 */
function receiveMtk(ring: KeyRing, message: MikeyMessage): ReceivedMikey {
  const { keyDomainId, mskId, mtkId } = message.keyIds;
  const msk = keyDomainId && mskId && ring.find(keyDomainId, mskId);
  if (msk === undefined || mtkId === undefined) return { kind: 'refused', reason: 'unknown-msk' };
  const { counter } = message.timestamp;
  const last = ring.lastMtk(msk);
  if (counter === undefined || (last !== undefined && counter <= last.counter))
    return { kind: 'refused', reason: 'replayed' };
  const isRepeated = last !== undefined && mtkId <= last.mtkId;
  if (!isRepeated && !ring.isMtkAcceptable(msk, mtkId))
    return { kind: 'refused', reason: 'mtk-out-of-range' };
  const { mtk, salt } = openMtkMessage(message, msk.msk, msk.rand);
  ring.markMtk(msk, mtkId, counter);
  const { csIdMap } = message.header;
  const streams = csIdMap.kind === 'empty' ? [] : csIdMap.streams;
  if (isRepeated) return { kind: 'mtk-repeated', mtkId, streams };
  return { kind: 'mtk', keyDomainId: msk.keyDomainId, mskId: msk.mskId, mtkId, mtk, salt, streams };
}
