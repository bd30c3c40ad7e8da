import { loadKeyGroup } from '../store/key-group/key-group.ts';
import { formatKeyGroupRef, type KeyGroup, type KeyGroupRef } from '../store/key-group/key-group-item.ts';
import { type LiveMsk, liveMsksOf } from '../store/key-group/live-msks.ts';
import type { KeyStore } from '../store/key-store.ts';
import { type KeptMtk, loadKeptMtks } from '../store/traffic/kept-mtks.ts';
import { nameOfStream } from '../traffic/stream.ts';
import { KeyExportRefused } from './errors.ts';

/** An MTK of a User Service: traffic is protected with it, or will be. */
export interface ExportedMtk extends KeptMtk {
  readonly state: 'in-use' | 'announced';
}

/** What a system gets of a Key Group. */
export interface ExportedKeys extends KeyGroupRef {
  readonly msks: readonly LiveMsk[];
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

/** An MTK under an MSK that is not live any more is not given: its MSK was revoked, or has expired. */
async function mtksOfService(
  store: KeyStore,
  group: KeyGroup,
  msks: readonly LiveMsk[],
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
