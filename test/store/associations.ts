import { randomBytes } from 'node:crypto';
import { btidOf } from '../../lib/gba/btid.ts';
import { type Impi, parseImpi } from '../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';

export const NOW = Date.UTC(2026, 10, 23);

/** A subscriber that no other test knows. */
export function newImpi(): Impi {
  return parseImpi(`${randomBytes(6).toString('hex')}@home1.net`);
}

/** What a new bootstrapping of a subscriber gives. */
export function newKeys(impi: Impi = newImpi(), bootstrappedAt = NOW): BootstrappedKeys {
  return {
    btid: btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' }),
    impi,
    gbaType: 'GBA_ME',
    ...mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(32)) }),
    bootstrappedAt,
    expiresAt: bootstrappedAt + 3_600_000,
  };
}
