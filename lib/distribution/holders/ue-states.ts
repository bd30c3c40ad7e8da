import type { Push } from '../../store/ledger/push.ts';
import { loadPages, type PageOutcome } from '../../store/ledger/push-page.ts';
import type { Table } from '../../store/table.ts';
import { nextPage, pageBetween } from '../push/push-source.ts';
import type { RequestedUe } from '../recipients/recipient.ts';

/**
 * A UE by its IMPI, and what one push or answer says of it: `verified`, `sent`, `pending`, or a reason of
 * failure.
 */
export type UeState = readonly [impi: string, state: string];

/** The state of a UE that a push has yet to reach, or whose page is a dead letter. */
export const PENDING = 'pending';

/** Pages of a push that are read together, and UEs of a page that nobody has claimed. */
const PAGES_PER_READ = 20;
const UES_PER_READ = 500;

/**
 * The states of a chain's UEs, page by page: from the outcomes of its pages; the UEs of pages without an
 * outcome are pending. A page at a time, since a turn for each of a million UEs takes longer than the rest.
 */
export async function* statesOfChain(
  table: Table,
  push: Push,
  chain: number,
): AsyncGenerator<Iterable<UeState>> {
  let last: { readonly end: string | undefined } | undefined;
  for (let after = -1, more = true; more; ) {
    const pages = await loadPages(table, push.pushId, chain, { after, limit: PAGES_PER_READ });
    for (const { page, outcome, end } of pages) {
      if (outcome !== undefined) yield statesOfOutcome(outcome);
      else yield pending(await pageBetween(table, push, chain, { after: last?.end, end }));
      last = { end };
      after = page;
    }
    more = pages.length === PAGES_PER_READ;
  }
  while (last === undefined || last.end !== undefined) {
    const { ues, end } = await nextPage(table, push, chain, { after: last?.end, limit: UES_PER_READ });
    yield pending(ues);
    last = { end };
  }
}

/** The states of the UEs that an outcome lists. */
export function* statesOfOutcome({ verified, sent, failed }: PageOutcome): Generator<UeState> {
  for (const impi of verified) yield [impi, 'verified'];
  for (const impi of sent) yield [impi, 'sent'];
  for (const [reason, impis] of Object.entries(failed)) for (const impi of impis) yield [impi, reason];
}

function* pending(ues: readonly RequestedUe[]): Generator<UeState> {
  for (const { impi } of ues) yield [impi, PENDING];
}
