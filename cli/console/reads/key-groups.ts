import {
  type KeyGroupOverview,
  listKeyGroupOverviews,
  loadKeyGroupOverviews,
} from '../../../lib/inventory/key-groups.ts';
import { type Rotations, refOf } from '../../../lib/inventory/rotations.ts';
import type { ScheduleOverview } from '../../../lib/inventory/schedules.ts';
import { formatKeyGroup, formatMskId, mskId, parseMskId } from '../../../lib/keys/msk-id.ts';
import { formatKeyGroupRef, type KeyGroupRef } from '../../../lib/store/key-group/key-group-item.ts';
import type { KeyStore } from '../../../lib/store/key-store.ts';
import { loadPushSpan } from '../../../lib/store/ledger/push-span.ts';
import { listUserServices } from '../../../lib/store/registration/user-service.ts';
import type { Table } from '../../../lib/store/table.ts';
import { NotFoundError } from '../errors.ts';
import type { KeyGroupRow, KeyGroupView, MskView, Page, ServiceRow } from '../views.ts';
import type { RegistrationCounts } from './registration-counts.ts';

/** Rows on one page of a list. */
const ROWS = 25;
/** Key Numbers, from the highest down, whose life a list shows, and a page of one Key Group. */
const MSKS_IN_LIST = 4;
const MSKS_ON_PAGE = 8;

/** Key Groups in the order of their IDs, each with the life of its latest MSKs. */
export async function readKeyGroups(
  table: Table,
  rotations: Rotations,
  after: string | undefined,
): Promise<Page<KeyGroupRow> & { readonly now: number }> {
  const { entries, next } = await listKeyGroupOverviews(table, { after, limit: ROWS });
  const schedules = await rotations.schedulesOf(entries.map(refOf));
  const rows = await Promise.all(entries.map((group) => rowOf(table, group, schedules, MSKS_IN_LIST)));
  return { rows, next, now: Date.now() };
}

/** One Key Group. @throws NotFoundError */
export async function readKeyGroup(
  store: KeyStore,
  { rotations, counts }: { readonly rotations: Rotations; readonly counts: RegistrationCounts },
  ref: KeyGroupRef,
): Promise<KeyGroupView> {
  const [[group], schedules] = await Promise.all([
    loadKeyGroupOverviews(store, [ref]),
    rotations.schedulesOf([ref]),
  ]);
  if (group === undefined) throw new NotFoundError('there is no such Key Group');
  const [row, registered] = await Promise.all([
    rowOf(store, group, schedules, MSKS_ON_PAGE),
    Promise.all(group.services.map((serviceId) => counts.of(serviceId))),
  ]);
  return { ...row, registered: sumOf(registered), now: Date.now() };
}

/** undefined: one of them is not known yet. */
function sumOf(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce<number | undefined>(
    (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
    0,
  );
}

/** User Services in the order of their IDs. */
export async function readServices(
  store: KeyStore,
  counts: RegistrationCounts,
  after: string | undefined,
): Promise<Page<ServiceRow>> {
  const { entries, next } = await listUserServices(store, { after, limit: ROWS });
  const rows = entries.map(async ({ serviceId, keyGroups }) => ({
    serviceId,
    keyGroups: keyGroups
      .map((ref) => ({ keyDomainId: ref.keyDomainId, keyGroup: formatKeyGroup(ref.keyGroup) }))
      .sort((one, other) => (textOf(one) < textOf(other) ? -1 : 1)),
    registered: await counts.of(serviceId),
  }));
  return { rows: await Promise.all(rows), next };
}

function textOf({ keyDomainId, keyGroup }: ServiceRow['keyGroups'][number]): string {
  return `${keyDomainId}/${keyGroup}`;
}

async function rowOf(
  table: Table,
  group: KeyGroupOverview,
  schedules: ReadonlyMap<string, ScheduleOverview>,
  msks: number,
): Promise<KeyGroupRow> {
  const { keyDomainId, keyGroup, services, activateAt } = group;
  const schedule = schedules.get(formatKeyGroupRef(refOf(group)));
  return {
    keyDomainId,
    keyGroup,
    services,
    msks: await mskViews(table, group, msks),
    activateAt,
    schedule: schedule && {
      expression: schedule.expression,
      leadTimeSeconds: schedule.leadTimeSeconds,
      nextAt: schedule.nextAt,
    },
  };
}

/** The MSKs that the table has, and those of lower Key Numbers that the ledger has pushes of. */
async function mskViews(table: Table, group: KeyGroupOverview, most: number): Promise<MskView[]> {
  const known = new Map(group.msks.map((msk) => [parseMskId(msk.mskId).keyNumber, msk]));
  const highest = Math.max(0, ...known.keys());
  const numbers = new Set([
    ...known.keys(),
    ...Array.from({ length: most }, (_, index) => highest - index).filter((number) => number > 0),
  ]);
  const { keyGroup } = refOf(group);
  const views = await Promise.all(
    [...numbers]
      .sort((one, other) => other - one)
      .map(async (number): Promise<MskView | undefined> => {
        const id = mskId(keyGroup, number);
        const span = await loadPushSpan(table, group.keyDomainId, id);
        const msk = known.get(number);
        if (msk === undefined && span === undefined) return undefined;
        return {
          mskId: formatMskId(id),
          state: msk?.state ?? 'gone',
          firstPushAt: span?.first,
          lastPushAt: span?.last,
          activateAt: msk?.state === 'prepared' ? group.activateAt : undefined,
          mtkIds: msk && [msk.seql, msk.sequ],
        };
      }),
  );
  return views.filter((view) => view !== undefined);
}
