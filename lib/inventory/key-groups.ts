import type { KeyDomainId } from '../keys/key-domain-id.ts';
import { formatKeyGroup, formatMskId, mskId } from '../keys/msk-id.ts';
import { isInvalidation } from '../keys/msk-validity.ts';
import type { Listed, ListOptions } from '../store/catalogue.ts';
import { listKeyGroups, loadKeyGroupsClosed } from '../store/key-group/key-group.ts';
import type { KeyGroup, KeyGroupRef, SealedMsk } from '../store/key-group/key-group-item.ts';
import type { Table } from '../store/table.ts';

/** Where an MSK stands in its life. */
export type MskState = 'current' | 'prepared' | 'previous' | 'revoked';

/** An MSK without its octets. */
export interface MskOverview {
  readonly mskId: string;
  readonly state: MskState;
  /** The MTK IDs that it protects. */
  readonly seql: number;
  readonly sequ: number;
}

/** A Key Group as operators see it. Times are ms since the epoch. */
export interface KeyGroupOverview {
  readonly keyDomainId: KeyDomainId;
  readonly keyGroup: string;
  readonly services: readonly string[];
  /** The current one first. */
  readonly msks: readonly MskOverview[];
  /** When the prepared MSK is to be the current one; undefined: no rotation is under way. */
  readonly activateAt: number | undefined;
}

/** How late an activation may be, in ms: EventBridge Scheduler is up to a minute late. */
const LATE_MS = 600_000;
const ORDER: readonly MskState[] = ['current', 'prepared', 'previous', 'revoked'];

/** Key Groups in the order of their IDs. No key is opened. */
export async function listKeyGroupOverviews(
  table: Table,
  options: ListOptions,
): Promise<Listed<KeyGroupOverview>> {
  const { entries, next } = await listKeyGroups(table, options);
  return { entries: entries.map(overviewOfKeyGroup), next };
}

/** Key Groups, each once, without those that do not exist. */
export async function loadKeyGroupOverviews(
  table: Table,
  refs: readonly KeyGroupRef[],
): Promise<readonly KeyGroupOverview[]> {
  return (await loadKeyGroupsClosed(table, refs)).map(overviewOfKeyGroup);
}

/** A Key Group that was read, as operators see it. */
function overviewOfKeyGroup(group: KeyGroup): KeyGroupOverview {
  const msks = [...group.msks.values()].map((msk) => ({
    mskId: formatMskId(mskId(group.keyGroup, msk.keyNumber)),
    state: stateOf(group, msk),
    ...msk.validity,
  }));
  return {
    keyDomainId: group.keyDomainId,
    keyGroup: formatKeyGroup(group.keyGroup),
    services: [...group.services].sort(),
    msks: msks.sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state)),
    activateAt: group.prepared?.activateAt,
  };
}

/** Whether an activation should have happened by `now`, ms since the epoch. */
export function isOverdue({ activateAt }: Pick<KeyGroupOverview, 'activateAt'>, now: number): boolean {
  return activateAt !== undefined && activateAt + LATE_MS < now;
}

function stateOf(group: KeyGroup, { keyNumber, validity }: SealedMsk): MskState {
  if (isInvalidation(validity)) return 'revoked';
  if (group.currentKeyNumber === keyNumber) return 'current';
  return group.prepared?.keyNumber === keyNumber ? 'prepared' : 'previous';
}
