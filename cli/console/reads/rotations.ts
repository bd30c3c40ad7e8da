import {
  isOverdue,
  type KeyGroupOverview,
  listKeyGroupOverviews,
} from '../../../lib/inventory/key-groups.ts';
import { loadSchedules, type ScheduleOverview } from '../../../lib/inventory/schedules.ts';
import type { ScheduleGroup } from '../../../lib/key-rotation/schedule-group.ts';
import { parseKeyGroup } from '../../../lib/keys/msk-id.ts';
import { formatKeyGroupRef, type KeyGroupRef } from '../../../lib/store/key-group/key-group-item.ts';
import type { Table } from '../../../lib/store/table.ts';
import type { RotationRow, RotationsView } from '../views.ts';

/** Key Groups that are looked at; each costs a call of EventBridge Scheduler. */
const MAX_KEY_GROUPS = 500;
const KEY_GROUPS_PER_READ = 100;
/** How long schedules are good for: they change by hand. In ms. */
const SCHEDULES_KEPT_MS = 30_000;

/** Reads what is to happen to Key Groups by itself, and remembers their schedules for half a minute. */
export class Rotations {
  readonly #table: Table;
  readonly #group: ScheduleGroup;
  readonly #known = new Map<
    string,
    { readonly at: number; readonly schedule: ScheduleOverview | undefined }
  >();

  constructor(table: Table, group: ScheduleGroup) {
    this.#table = table;
    this.#group = group;
  }

  /** The overdue ones first, then in order of time; those of a `cron()` last. */
  async read(): Promise<RotationsView> {
    const now = Date.now();
    const { groups, isCut } = await this.#keyGroups();
    const schedules = await this.schedulesOf(groups.map(refOf));
    const rows = groups.flatMap((group) =>
      rowsOf(group, schedules.get(formatKeyGroupRef(refOf(group))), now),
    );
    rows.sort((one, other) => (one.at ?? Number.MAX_VALUE) - (other.at ?? Number.MAX_VALUE));
    return { rows, isCut, now };
  }

  /** Schedules by `formatKeyGroupRef`; Key Groups without one are absent. */
  async schedulesOf(refs: readonly KeyGroupRef[]): Promise<ReadonlyMap<string, ScheduleOverview>> {
    const now = Date.now();
    const isKnown = (ref: KeyGroupRef) =>
      (this.#known.get(formatKeyGroupRef(ref))?.at ?? 0) > now - SCHEDULES_KEPT_MS;
    const unknown = refs.filter((ref) => !isKnown(ref));
    const found = await loadSchedules(this.#group, unknown);
    for (const ref of unknown) this.#known.set(formatKeyGroupRef(ref), { at: now, schedule: undefined });
    for (const schedule of found) this.#known.set(formatKeyGroupRef(schedule.ref), { at: now, schedule });
    const names = refs.map(formatKeyGroupRef);
    return new Map(
      names.flatMap((name) => {
        const schedule = this.#known.get(name)?.schedule;
        return schedule === undefined ? [] : [[name, schedule] as const];
      }),
    );
  }

  async #keyGroups(): Promise<{ readonly groups: readonly KeyGroupOverview[]; readonly isCut: boolean }> {
    const groups: KeyGroupOverview[] = [];
    let after: string | undefined;
    do {
      const part = await listKeyGroupOverviews(this.#table, { after, limit: KEY_GROUPS_PER_READ });
      groups.push(...part.entries);
      after = part.next;
    } while (after !== undefined && groups.length < MAX_KEY_GROUPS);
    return { groups, isCut: after !== undefined };
  }
}

/** The reference of a Key Group that was read. */
export function refOf({
  keyDomainId,
  keyGroup,
}: Pick<KeyGroupOverview, 'keyDomainId' | 'keyGroup'>): KeyGroupRef {
  return { keyDomainId, keyGroup: parseKeyGroup(keyGroup) };
}

function rowsOf(group: KeyGroupOverview, schedule: ScheduleOverview | undefined, now: number): RotationRow[] {
  const { keyDomainId, keyGroup, activateAt, msks } = group;
  const about = { keyDomainId, keyGroup, schedule: schedule?.expression };
  const mskId = msks.find(({ state }) => state === 'prepared')?.mskId;
  return [
    ...(activateAt === undefined
      ? []
      : [{ ...about, mskId, at: activateAt, isOverdue: isOverdue(group, now) }]),
    ...(schedule === undefined ? [] : [{ ...about, at: schedule.nextAt, isOverdue: false }]),
  ];
}
