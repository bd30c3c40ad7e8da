import { loadKeyGroup } from '../store/key-group/key-group.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';
import { liveMsksOf } from '../store/key-group/live-msks.ts';
import type { KeyStore } from '../store/key-store.ts';
import type { MbsKeyInfo } from './security-context.ts';

/** The MSKs of a Key Group as an MBS security context has them: the current one, and the next one. */
export async function keysOf(store: KeyStore, keyGroup: KeyGroupRef): Promise<readonly MbsKeyInfo[]> {
  const group = await loadKeyGroup(store, keyGroup);
  if (group === undefined) return [];
  const msks = liveMsksOf(group);
  // The current MSK ends when the next one begins.
  const endsAt = msks.find(({ state }) => state === 'next')?.activateAt;
  return msks.map(({ keyNumber, msk, state }) => ({
    keyDomainId: group.keyDomainId,
    mskId: { keyGroup: group.keyGroup, keyNumber },
    msk,
    mskLifetime: state === 'current' ? endsAt : undefined,
    mtk: undefined,
  }));
}
