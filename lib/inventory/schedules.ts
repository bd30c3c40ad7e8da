import { batches } from '../batches.ts';
import { findRotationSchedule, type StoredRotationSchedule } from '../key-rotation/rotation-schedule.ts';
import type { ScheduleGroup } from '../key-rotation/schedule-group.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';

/** The schedule of a Key Group. */
export interface ScheduleOverview extends StoredRotationSchedule {
  readonly ref: KeyGroupRef;
}

/** Schedules that are asked for together. */
const PARALLEL = 10;

/** The schedules of Key Groups, in their order, without those that have none. */
export async function loadSchedules(
  group: ScheduleGroup,
  refs: readonly KeyGroupRef[],
): Promise<readonly ScheduleOverview[]> {
  const found: ScheduleOverview[] = [];
  for (const batch of batches(refs, PARALLEL)) {
    const schedules = await Promise.all(batch.map((ref) => findRotationSchedule(group, ref)));
    for (const [index, schedule] of schedules.entries()) {
      const ref = batch[index];
      if (schedule !== undefined && ref !== undefined) found.push({ ref, ...schedule });
    }
  }
  return found;
}
