import { randomBytes } from 'node:crypto';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import type { Btid } from '../../lib/gba/btid.ts';
import { type Impi, parseImpi } from '../../lib/gba/impi.ts';
import { type KeyDomainId, keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import type { Item } from '../../lib/store/table.ts';
import { itemsOfUe, newKeys, writeItems } from '../provisioned-ue.ts';

export const DOMAIN: KeyDomainId = keyDomainIdOfPlmn({ mcc: '001', mnc: '01' });
export const GROUP = { keyDomainId: DOMAIN, keyGroup: 0x0010 };
export const NEWS = 'urn:example:news';
export const SPORT = 'urn:example:sport';

/** A UE of a test. */
export interface TestUe {
  readonly impi: Impi;
  readonly btid: Btid;
  readonly muk: SecretKey;
}

/** How the UEs of a test are stored. */
export interface PopulationOptions {
  /** User Services of the UE of that number. */
  readonly servicesOf?: (index: number) => readonly string[];
  /** Those of them that its subscription does not allow any more. */
  readonly revokedOf?: (index: number) => readonly string[];
  readonly expiresAtOf?: (index: number) => number;
  readonly addressOf?: (index: number) => UeAddress | undefined;
  readonly bootstrappedAt?: number;
}

/** Two User Services that share a Key Group, and MSK 00100001 as its current one. */
export async function provisionServices(store: KeyStore): Promise<SecretKey> {
  for (const serviceId of [NEWS, SPORT]) await putUserService(store, { serviceId, keyGroups: [GROUP] });
  return provisionMsk(store, 1);
}

/** A random MSK of the Key Group, which becomes the current one. */
export async function provisionMsk(store: KeyStore, keyNumber: number): Promise<SecretKey> {
  const msk = new SecretKey(randomBytes(16));
  await putMsk(store, GROUP, { keyNumber, msk, validity: FULL_VALIDITY });
  return msk;
}

/**
 * Stores UEs that are registered, in batches and past the procedures: associations, subscribers,
 * registrations.
 */
export async function populate(
  store: KeyStore,
  count: number,
  address: UeAddress,
  options: PopulationOptions = {},
): Promise<TestUe[]> {
  const { servicesOf = () => [NEWS], revokedOf = () => [], bootstrappedAt = Date.now() - 60_000 } = options;
  const ues: TestUe[] = [];
  const items: Item[] = [];
  for (let index = 0; index < count; index++) {
    const impi = parseImpi(`00101${String(index).padStart(10, '0')}@ims.mnc001.mcc001.3gppnetwork.org`);
    const registered = new Set(servicesOf(index));
    const keys = {
      ...newKeys(impi, bootstrappedAt),
      expiresAt: options.expiresAtOf?.(index) ?? Date.now() + 3_600_000,
    };
    ues.push(keys);
    items.push(
      ...(await itemsOfUe(store, {
        keys,
        ueAddress: options.addressOf === undefined ? address : options.addressOf(index),
        registered,
        subscribed: new Set([...registered].filter((id) => !revokedOf(index).includes(id))),
      })),
    );
  }
  await writeItems(store, items);
  return ues;
}
