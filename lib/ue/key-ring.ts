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

// @clause TS 31.102 §4.2.80 s1
/** The MSKs that a UE holds, and the MTK IDs that it has used up. */
export class KeyRing {
  readonly #groups = new Map<string, HeldMsk[]>();
  /** Outlives its MSK: the same MSK may come again, and its numbers stay used up. */
  readonly #lastMtks = new Map<string, LastMtk>();

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

  /** Whether an MTK ID is new under its MSK and within its interval; changes nothing. */
  isMtkAcceptable(msk: HeldMsk, mtkId: number): boolean {
    return isMtkIdAcceptable(mtkId, msk.validity, this.lastMtk(msk)?.mtkId);
  }

  /** The numbers of the last MTK message under an MSK; undefined before the first. */
  lastMtk(msk: HeldMsk): Pick<LastMtk, 'mtkId' | 'counter'> | undefined {
    const last = this.#lastMtks.get(nameOf(msk));
    return last?.msk.equals(msk.msk) === true ? last : undefined;
  }

  /** Marks the numbers of an MTK message as used; it must be authentic. */
  markMtk(msk: HeldMsk, mtkId: number, counter: number): void {
    const highest = Math.max(mtkId, this.lastMtk(msk)?.mtkId ?? mtkId);
    this.#lastMtks.set(nameOf(msk), { msk: msk.msk, mtkId: highest, counter });
  }
}

/** What is used up under an MSK: MTK IDs up to one, and counters up to one. */
interface LastMtk {
  readonly msk: SecretKey;
  readonly mtkId: number;
  readonly counter: number;
}

function groupOf(keyDomainId: KeyDomainId, { keyGroup }: MskId): string {
  return `${keyDomainId}/${keyGroup}`;
}

function nameOf({ keyDomainId, mskId }: HeldMsk): string {
  return `${keyDomainId}/${formatMskId(mskId)}`;
}
