import { createHmac } from 'node:crypto';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';

/** How long the associations of the load are good for, in ms. */
const LIFETIME_MS = 24 * 3600 * 1000;

/** The subscriber of the UE of a number. */
export const impiOf = (index: number) => parseImpi(`ue${String(index).padStart(8, '0')}@home1.net`);

/** The number of the UE of a subscriber. */
export const indexOf = (impi: string) => Number.parseInt(impi.slice(2), 10);

/**
 * The association that a UE of the load made by its bootstrapping number `run`: each follows from the seed,
 * so that a million of them need not be kept. `bootstrappedAt` is in ms since the epoch.
 */
export function bootstrappedKeysOf(
  seed: number,
  index: number,
  run: number,
  bootstrappedAt: number,
): BootstrappedKeys {
  const derived = (what: string) =>
    createHmac('sha256', `load ${seed}`).update(`${what} ${index} ${run}`).digest();
  return {
    btid: btidOf({ rand: derived('RAND').subarray(0, 16), bsfName: 'bsf.home1.net' }),
    impi: impiOf(index),
    gbaType: 'GBA_ME',
    muk: new SecretKey(derived('MUK')),
    mrk: new SecretKey(derived('MRK')),
    bootstrappedAt,
    expiresAt: bootstrappedAt + LIFETIME_MS,
  };
}
