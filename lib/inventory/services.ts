import { formatKeyGroupRef } from '../store/key-group/key-group-item.ts';
import type { KeyStore } from '../store/key-store.ts';
import { countRegistrations } from '../store/registration/registration-page.ts';
import { loadUserServices } from '../store/registration/user-service.ts';

/** A User Service as operators see it. */
export interface ServiceOverview {
  readonly serviceId: string;
  /** `KEYDOMAIN/KEYGROUP` each. */
  readonly keyGroups: readonly string[];
  /** UEs that are registered to it; exact below `EXACT_BELOW`, else estimated. */
  readonly registered: number;
}

/** Registrations that are counted one by one: more would be read for minutes. */
export const EXACT_BELOW = 4000;

/** A User Service; undefined: there is none of this ID. */
export async function loadServiceOverview(
  store: KeyStore,
  serviceId: string,
): Promise<ServiceOverview | undefined> {
  const [services, registered] = await Promise.all([
    loadUserServices(store, [serviceId]),
    countRegistrations(store, serviceId, EXACT_BELOW),
  ]);
  const service = services.get(serviceId);
  return service && { serviceId, keyGroups: service.keyGroups.map(formatKeyGroupRef).sort(), registered };
}
