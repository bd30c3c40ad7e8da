import { KeysError } from './errors.ts';

/** The MTK IDs that an MSK may protect, both ends included, 2 octets each (TS 33.246 §6.3.3.1). */
export interface MskValidity {
  readonly seql: number;
  readonly sequ: number;
}

/** Every MTK ID: what an MSK gets unless something narrower is asked for. */
export const FULL_VALIDITY: MskValidity = { seql: 0x0000, sequ: 0xffff };

/** No MTK ID at all: what a revoked MSK gets (unverified, docs/conformance.md). */
export const EMPTY_VALIDITY: MskValidity = { seql: 0x0001, sequ: 0x0000 };

/** @throws KeysError `out-of-range` unless both ends are whole numbers of 16 bits */
export function mskValidity(seql: number, sequ: number): MskValidity {
  for (const end of [seql, sequ]) {
    if (!Number.isInteger(end) || end < 0 || end > 0xffff) {
      throw new KeysError('out-of-range', `an MTK ID is a whole number from 0 to 65535, not ${end}`);
    }
  }
  return { seql, sequ };
}

/**
 * Whether the interval is empty, which tells the UE to invalidate the MSK (unverified, docs/conformance.md).
 */
export function isInvalidation({ seql, sequ }: MskValidity): boolean {
  return seql > sequ;
}

/**
 * Whether an MTK message is acceptable: its MTK ID is in the interval and above the last one accepted
 * under this MSK (TS 33.246 §6.5). `lastMtkId` is undefined before the first.
 */
export function isMtkIdAcceptable(
  mtkId: number,
  validity: MskValidity,
  lastMtkId: number | undefined,
): boolean {
  return mtkId >= validity.seql && mtkId <= validity.sequ && (lastMtkId === undefined || mtkId > lastMtkId);
}
