import { CURRENT_KEY_NUMBER } from '../keys/msk-id.ts';
import { isInvalidation } from '../keys/msk-validity.ts';
import { findMsk, loadKeyGroup, openMsk } from '../store/key-group/key-group.ts';
import {
  formatKeyGroupRef,
  type KeyGroup,
  type KeyGroupRef,
  type StoredMsk,
} from '../store/key-group/key-group-item.ts';
import type { KeyStore } from '../store/key-store.ts';
import { type KeptMtk, loadKeptMtks } from '../store/traffic/kept-mtks.ts';
import { nameOfStream } from '../traffic/stream.ts';
import { KeyExportRefused } from './errors.ts';

/** An MSK of a Key Group: the current one, or the one that stands ready. */
export interface ExportedMsk extends StoredMsk {
  readonly state: 'current' | 'next';
  /** When the next one is to be the current one, ms since the epoch. */
  readonly activateAt: number | undefined;
}

/** An MTK of a User Service: traffic is protected with it, or will be. */
export interface ExportedMtk extends KeptMtk {
  readonly state: 'in-use' | 'announced';
}

/** What a system gets of a Key Group. */
export interface ExportedKeys extends KeyGroupRef {
  readonly msks: readonly ExportedMsk[];
  readonly mtks: readonly ExportedMtk[];
}

/**
 * The live MSKs of a Key Group, and the MTKs of one of its User Services that the traffic key service keeps.
 * Revoked MSKs are left out.
 * @throws KeyExportRefused `unknown-key-group`, `no-msk`, `no-mtk`; StoreError
 */
export async function collectKeys(
  store: KeyStore,
  ref: KeyGroupRef,
  mtksOf: string | undefined,
): Promise<ExportedKeys> {
  const group = await loadKeyGroup(store, ref);
  if (group === undefined)
    throw new KeyExportRefused('unknown-key-group', `there is no Key Group ${formatKeyGroupRef(ref)}`);
  const msks = liveMsksOf(group);
  if (msks.length === 0)
    throw new KeyExportRefused('no-msk', `Key Group ${formatKeyGroupRef(ref)} has no MSK that may be used`);
  const mtks = mtksOf === undefined ? [] : await mtksOfService(store, group, msks, mtksOf);
  return { keyDomainId: group.keyDomainId, keyGroup: group.keyGroup, msks, mtks };
}

/** The MSKs that may be used, the current one first; one that was changed in the table may not. */
export function liveMsksOf(group: KeyGroup): readonly ExportedMsk[] {
  const { prepared } = group;
  const current = findMsk(group, CURRENT_KEY_NUMBER);
  const next = prepared && findMsk(group, prepared.keyNumber);
  const found = [
    { sealed: current, state: 'current' as const, activateAt: undefined },
    { sealed: next, state: 'next' as const, activateAt: prepared?.activateAt },
  ];
  return found.flatMap(({ sealed, state, activateAt }) => {
    if (sealed === undefined || isInvalidation(sealed.validity)) return [];
    const opened = openMsk(sealed);
    return opened === 'corrupt-item' ? [] : [{ ...opened, state, activateAt }];
  });
}

/** An MTK under an MSK that is not live any more is not given: its MSK was revoked, or has expired. */
async function mtksOfService(
  store: KeyStore,
  group: KeyGroup,
  msks: readonly ExportedMsk[],
  serviceId: string,
): Promise<readonly ExportedMtk[]> {
  const none = () =>
    new KeyExportRefused(
      'no-mtk',
      `no MTK of ${serviceId} is kept under Key Group ${formatKeyGroupRef(group)}`,
    );
  if (!group.services.has(serviceId)) throw none();
  const { inUse, announced } = await loadKeptMtks(store, nameOfStream({ serviceId, keyGroup: group }));
  const kept = [
    ...(inUse === undefined ? [] : [{ ...inUse, state: 'in-use' as const }]),
    ...(announced === undefined ? [] : [{ ...announced, state: 'announced' as const }]),
  ];
  const live = kept.filter(({ mskId }) => msks.some(({ keyNumber }) => keyNumber === mskId.keyNumber));
  if (live.length === 0) throw none();
  return live;
}
