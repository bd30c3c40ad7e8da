import type { KeyDomainId } from '../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../keys/msk-id.ts';
import { isInvalidation, isMtkIdAcceptable, type MskValidity } from '../keys/msk-validity.ts';
import type { SecretKey } from '../keys/secret-key.ts';

/** An MSK that a UE holds, and the RAND of its MSK message, which protects MTK messages too. */
export interface HeldMsk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  /** 16 octets. */
  readonly msk: SecretKey;
  readonly validity: MskValidity;
  readonly rand: Uint8Array;
}

/** MSKs that a UE keeps for each Key Group, as a USIM does (TS 31.102 §4.2.80). */
const MAX_MSKS = 2;

/** The MSKs that a UE holds, and the MTK IDs that it has used up. */
export class KeyRing {
  readonly #groups = new Map<string, HeldMsk[]>();
  /** Outlives its MSK: the same MSK may come again, and its MTK IDs stay used up. */
  readonly #lastMtkIds = new Map<string, { readonly msk: SecretKey; readonly mtkId: number }>();

  /** Adds an MSK and drops the oldest above two of a Key Group. An empty validity removes the MSK instead. */
  put(msk: HeldMsk): void {
    const name = groupOf(msk.keyDomainId, msk.mskId);
    const others = (this.#groups.get(name) ?? []).filter(
      ({ mskId }) => mskId.keyNumber !== msk.mskId.keyNumber,
    );
    this.#groups.set(name, isInvalidation(msk.validity) ? others : [...others, msk].slice(-MAX_MSKS));
  }

  find(keyDomainId: KeyDomainId, id: MskId): HeldMsk | undefined {
    const group = this.#groups.get(groupOf(keyDomainId, id));
    return group?.find(({ mskId }) => mskId.keyNumber === id.keyNumber);
  }

  list(): readonly HeldMsk[] {
    return [...this.#groups.values()].flat();
  }

  /** Whether an MTK may be used under its MSK; changes nothing. */
  isMtkAcceptable(msk: HeldMsk, mtkId: number): boolean {
    const last = this.#lastMtkIds.get(nameOf(msk));
    const lastMtkId = last?.msk.equals(msk.msk) === true ? last.mtkId : undefined;
    return isMtkIdAcceptable(mtkId, msk.validity, lastMtkId);
  }

  /** Marks an MTK ID as used; the message must be authentic. */
  markMtk(msk: HeldMsk, mtkId: number): void {
    this.#lastMtkIds.set(nameOf(msk), { msk: msk.msk, mtkId });
  }
}

function groupOf(keyDomainId: KeyDomainId, { keyGroup }: MskId): string {
  return `${keyDomainId}/${keyGroup}`;
}

function nameOf({ keyDomainId, mskId }: HeldMsk): string {
  return `${keyDomainId}/${formatMskId(mskId)}`;
}
