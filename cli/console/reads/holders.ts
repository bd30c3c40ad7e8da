import { listHolders } from '../../../lib/distribution/holders/list-holders.ts';
import { loadKeyGroupOverviews } from '../../../lib/inventory/key-groups.ts';
import type { KeyDomainId } from '../../../lib/keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../../lib/keys/msk-id.ts';
import { loadRegistrationPage } from '../../../lib/store/registration/registration-page.ts';
import { REGISTRATION_SHARDS } from '../../../lib/store/registration/shards.ts';
import type { Table } from '../../../lib/store/table.ts';
import { NotFoundError } from '../errors.ts';
import type { HolderRow, HoldersView } from '../views.ts';

/** An MSK of a Key Domain. */
export interface MskRef {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
}

/** Which UEs of a reading are shown. */
export interface HoldersQuery {
  /** `missing`, `all`, or a state. */
  readonly show: string;
  /** Rows before the first one. */
  readonly from: number;
  /** The time of a reading that is too old: it is read again. */
  readonly again?: number | undefined;
}

/** UEs on one page. */
const PER_PAGE = 50;
/** Readings that are kept; the oldest goes. */
const MAX_READINGS = 3;
/** Registrations that are read in one round trip. */
const REGISTRATIONS_PER_READ = 1000;
/** States of a UE that has the MSK as far as can be known. */
const HAS_IT: readonly string[] = ['verified', 'sent'];
/** The state of a UE that is registered, and was sent nothing. */
const NOT_SENT_YET = 'not-sent-yet';

/** UEs by state, as they were at a time. */
interface Reading {
  readonly readAt: number;
  readonly byState: ReadonlyMap<string, readonly string[]>;
}

/** An MSK's readings: the last one, and the one under way. */
interface Readings {
  last?: Reading | undefined;
  underWay?: { count: number } | undefined;
  error?: unknown;
}

/**
 * Who has an MSK, and who lacks it. All of an MSK's ledger is read once, in the background, and pages are cut
 * from what was read: about 200 MB for a million UEs.
 */
export class HolderReadings {
  readonly #table: Table;
  readonly #readings = new Map<string, Readings>();

  constructor(table: Table) {
    this.#table = table;
  }

  /** @throws NotFoundError for a Key Group that is not there; what a reading threw */
  async view(ref: MskRef, { show, from, again }: HoldersQuery): Promise<HoldersView> {
    const mskId = formatMskId(ref.mskId);
    const { keyDomainId } = ref;
    const [group] = await loadKeyGroupOverviews(this.#table, [{ keyDomainId, keyGroup: ref.mskId.keyGroup }]);
    if (group === undefined) throw new NotFoundError('there is no such Key Group');
    const readings = this.#of(ref);
    if (readings.error !== undefined) {
      const { error } = readings;
      readings.error = undefined;
      throw error;
    }
    if (readings.underWay === undefined && (readings.last === undefined || readings.last.readAt === again))
      this.#start(ref, group.services, readings);
    const state = group.msks.find((msk) => msk.mskId === mskId)?.state;
    const canPush = state === 'current' || state === 'prepared';
    const reading = readings.underWay?.count;
    return {
      keyDomainId,
      mskId,
      canPush,
      reading,
      result: readings.last && resultOf(readings.last, show, from),
    };
  }

  /** The UEs that lacked the MSK at the last reading; undefined: it was not read at that time. */
  missingAt(ref: MskRef, readAt: number): readonly string[] | undefined {
    const { last } = this.#of(ref);
    return last?.readAt === readAt ? shownOf(last, 'missing').flatMap(([, ues]) => ues) : undefined;
  }

  #of({ keyDomainId, mskId }: MskRef): Readings {
    const name = `${keyDomainId}/${formatMskId(mskId)}`;
    const readings = this.#readings.get(name) ?? {};
    this.#readings.delete(name);
    this.#readings.set(name, readings);
    for (const oldest of this.#readings.keys()) {
      if (this.#readings.size <= MAX_READINGS) break;
      this.#readings.delete(oldest);
    }
    return readings;
  }

  #start(ref: MskRef, services: readonly string[], readings: Readings): void {
    const underWay = { count: 0 };
    readings.underWay = underWay;
    this.#read(ref, services, underWay)
      .then(
        (byState) => {
          readings.last = { readAt: Date.now(), byState };
        },
        (error: unknown) => {
          readings.error = error;
        },
      )
      .finally(() => {
        readings.underWay = undefined;
      });
  }

  async #read(
    { keyDomainId, mskId }: MskRef,
    services: readonly string[],
    underWay: { count: number },
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const byState = new Map<string, string[]>();
    const seen = new Set<string>();
    const add = (impi: string, state: string) => {
      seen.add(impi);
      underWay.count += 1;
      const others = byState.get(state);
      if (others === undefined) byState.set(state, [impi]);
      else others.push(impi);
    };
    for await (const { impi, state } of listHolders(this.#table, keyDomainId, mskId)) add(impi, state);
    for (const serviceId of services)
      for await (const impi of this.#registered(serviceId)) if (!seen.has(impi)) add(impi, NOT_SENT_YET);
    return byState;
  }

  async *#registered(serviceId: string): AsyncGenerator<string> {
    const range = { serviceId, first: 0, last: REGISTRATION_SHARDS - 1 };
    let after: string | undefined;
    do {
      const page = await loadRegistrationPage(this.#table, range, after, REGISTRATIONS_PER_READ);
      for (const { impi } of page.ues) yield impi;
      after = page.end;
    } while (after !== undefined);
  }
}

function resultOf(reading: Reading, show: string, from: number): HoldersView['result'] {
  const { byState, readAt } = reading;
  const counts = Object.fromEntries([...byState].map(([state, ues]) => [state, ues.length]));
  const missing = Object.entries(counts)
    .filter(([state]) => !HAS_IT.includes(state))
    .reduce((sum, [, count]) => sum + count, 0);
  const shown = shownOf(reading, show);
  return {
    readAt,
    counts,
    missing,
    rows: cut(shown, from, PER_PAGE),
    from,
    of: shown.reduce((sum, [, ues]) => sum + ues.length, 0),
    perPage: PER_PAGE,
  };
}

type OfState = readonly [state: string, ues: readonly string[]];

function shownOf({ byState }: Reading, show: string): readonly OfState[] {
  return [...byState].filter(
    ([state]) => show === 'all' || show === state || (show === 'missing' && !HAS_IT.includes(state)),
  );
}

/** Some rows, without making those of a million UEs. */
function cut(shown: readonly OfState[], from: number, count: number): HolderRow[] {
  const rows: HolderRow[] = [];
  let before = 0;
  for (const [state, ues] of shown) {
    const first = Math.max(0, from - before);
    const last = Math.max(0, from + count - before);
    rows.push(...ues.slice(first, last).map((impi) => ({ impi, state })));
    before += ues.length;
  }
  return rows;
}
