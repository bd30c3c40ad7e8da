import type { ScheduleGroup } from '../key-rotation/schedule-group.ts';
import { parseKeyGroup } from '../keys/msk-id.ts';
import { formatKeyGroupRef, type KeyGroupRef } from '../store/key-group/key-group-item.ts';
import type { Table } from '../store/table.ts';
import { isOverdue, type KeyGroupOverview, listKeyGroupOverviews } from './key-groups.ts';
import { loadSchedules, type ScheduleOverview } from './schedules.ts';

/** What is to happen to a Key Group by itself. Times are ms since the epoch. */
export interface Rotation {
  readonly keyDomainId: string;
  readonly keyGroup: string;
  /** The prepared MSK that is to be the current one; absent: the next MSK is to be made. */
  readonly mskId?: string | undefined;
  /** Absent for a `cron()`. */
  readonly at?: number | undefined;
  readonly isOverdue: boolean;
  readonly schedule?: string | undefined;
}

/** All Key Groups that are rotated by themselves, and what is under way. */
export interface RotationsOverview {
  readonly rows: readonly Rotation[];
  /** More Key Groups than are looked at. */
  readonly isCut: boolean;
  readonly now: number;
}

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
  async read(): Promise<RotationsOverview> {
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

function rowsOf(group: KeyGroupOverview, schedule: ScheduleOverview | undefined, now: number): Rotation[] {
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
