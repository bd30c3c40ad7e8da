import { loadKeyGroup } from '../../lib/store/key-group/key-group.ts';
import type { KeyGroup, KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { RefusedError } from '../errors.ts';

/** The Key Group that a request is about. @throws RefusedError when nothing is provisioned under its ID */
export async function existingKeyGroup(store: KeyStore, ref: KeyGroupRef): Promise<KeyGroup> {
  const group = await loadKeyGroup(store, ref);
  if (group === undefined) throw new RefusedError('unknown-key-group', 'there is no such Key Group');
  return group;
}
