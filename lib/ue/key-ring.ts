import type { KeyDomainId } from '../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../keys/msk-id.ts';
import { isInvalidation, isMtkIdAcceptable, type MskValidity } from '../keys/msk-validity.ts';
import type { SecretKey } from '../keys/secret-key.ts';

/** An MSK as the UE holds it, with the RAND of its MSK message, which MTK messages build on. */
export interface HeldMsk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  /** 16 octets. */
  readonly msk: SecretKey;
  readonly validity: MskValidity;
  readonly rand: Uint8Array;
}

/** The UE's MSKs: at most two for each Key Group, as a USIM keeps (TS 31.102 §4.2.80). */
export interface KeyRing {
  /** Takes an MSK; the older of three in a Key Group goes; an empty validity takes the MSK away. */
  readonly put: (msk: HeldMsk) => void;
  readonly find: (keyDomainId: KeyDomainId, mskId: MskId) => HeldMsk | undefined;
  readonly list: () => readonly HeldMsk[];
  /** Whether an MTK may be used under its MSK; a question without effect. */
  readonly isMtkAcceptable: (msk: HeldMsk, mtkId: number) => boolean;
  /** Remembers an MTK ID once its message is authentic. */
  readonly markMtk: (msk: HeldMsk, mtkId: number) => void;
}

const MAX_MSKS = 2;

/** An empty key ring. */
export function createKeyRing(): KeyRing {
  const groups = new Map<string, HeldMsk[]>();
  // Also of MSKs that have gone: the same MSK may come again, and its MTK IDs are used up all the same.
  const lastMtkIds = new Map<string, { readonly msk: SecretKey; readonly mtkId: number }>();
  const lastMtkIdOf = (msk: HeldMsk) => {
    const last = lastMtkIds.get(nameOf(msk));
    return last?.msk.equals(msk.msk) === true ? last.mtkId : undefined;
  };

  return {
    put: (msk) => {
      const name = groupOf(msk.keyDomainId, msk.mskId);
      const others = (groups.get(name) ?? []).filter(({ mskId }) => mskId.keyNumber !== msk.mskId.keyNumber);
      groups.set(name, isInvalidation(msk.validity) ? others : [...others, msk].slice(-MAX_MSKS));
    },
    find: (keyDomainId, mskId) => find(groups, keyDomainId, mskId),
    list: () => [...groups.values()].flat(),
    isMtkAcceptable: (msk, mtkId) => isMtkIdAcceptable(mtkId, msk.validity, lastMtkIdOf(msk)),
    markMtk: (msk, mtkId) => void lastMtkIds.set(nameOf(msk), { msk: msk.msk, mtkId }),
  };
}

function find(
  groups: ReadonlyMap<string, HeldMsk[]>,
  keyDomainId: KeyDomainId,
  id: MskId,
): HeldMsk | undefined {
  return groups.get(groupOf(keyDomainId, id))?.find(({ mskId }) => mskId.keyNumber === id.keyNumber);
}

function groupOf(keyDomainId: KeyDomainId, { keyGroup }: MskId): string {
  return `${keyDomainId}/${keyGroup}`;
}

function nameOf({ keyDomainId, mskId }: HeldMsk): string {
  return `${keyDomainId}/${formatMskId(mskId)}`;
}
