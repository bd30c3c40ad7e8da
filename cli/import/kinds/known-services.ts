import type { KeyStore } from '../../../lib/store/key-store.ts';
import { loadUserServices } from '../../../lib/store/registration/user-service.ts';
import { RowError } from '../import-kind.ts';

/** User Services of which a process remembers whether they are there. */
const MAX_REMEMBERED = 1000;

/** Which User Services are provisioned: each is looked up once in an import. */
export class KnownServices {
  readonly #store: KeyStore;
  readonly #found = new Map<string, Promise<boolean>>();

  constructor(store: KeyStore) {
    this.#store = store;
  }

  /** @throws RowError for one that is not there: its UEs would be answered 404 */
  async check(serviceIds: Iterable<string>): Promise<void> {
    for (const serviceId of serviceIds)
      if (!(await this.#has(serviceId))) throw new RowError(`there is no User Service ${serviceId}`);
  }

  #has(serviceId: string): Promise<boolean> {
    const found = this.#found.get(serviceId) ?? this.#lookUp(serviceId);
    if (this.#found.size >= MAX_REMEMBERED) this.#found.clear();
    this.#found.set(serviceId, found);
    return found;
  }

  async #lookUp(serviceId: string): Promise<boolean> {
    try {
      return (await loadUserServices(this.#store, [serviceId])).has(serviceId);
    } catch (error) {
      this.#found.delete(serviceId);
      throw error;
    }
  }
}
