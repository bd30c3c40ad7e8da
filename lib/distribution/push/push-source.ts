import { type Impi, parseImpi } from '../../gba/impi.ts';
import { REGISTRATION_SHARDS } from '../../store/item-keys.ts';
import type { Push } from '../../store/ledger/push.ts';
import { loadPages } from '../../store/ledger/push-page.ts';
import {
  loadRegistrationPage,
  loadRegistrationsBetween,
  type ShardRange,
} from '../../store/registration/registration-page.ts';
import type { Table } from '../../store/table.ts';
import type { WantedUe } from '../recipients/recipients.ts';

/** UEs that stand on one page of a push's source, and where it ends; undefined: with the chain. */
export interface SourcePage {
  readonly ues: readonly WantedUe[];
  readonly end: string | undefined;
}

/** Pages of an earlier push that are read for one of the next: few of their UEs were not reached. */
const PAGES_AT_ONCE = 20;

/** The next page of a chain: some `limit` UEs after a place. */
export async function nextPage(
  table: Table,
  { source }: Push,
  chain: number,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<SourcePage> {
  if (source.kind === 'listed') return { ues: wanted(source.ues), end: undefined };
  if (source.kind === 'services')
    return loadRegistrationPage(table, rangeOf(source.services, chain), after, limit);
  const ues: WantedUe[] = [];
  let place = after;
  for (;;) {
    const pages = await loadPages(table, source.pushId, chain, { ...pageAfter(place), limit: PAGES_AT_ONCE });
    for (const { page, outcome, end } of pages) {
      ues.push(...undelivered(outcome));
      place = String(page);
      if (end === undefined) return { ues, end: undefined };
      if (ues.length >= limit) return { ues, end: place };
    }
    // The earlier push has come no further.
    if (pages.length < PAGES_AT_ONCE) return { ues, end: undefined };
  }
}

/** The UEs between two places: a page whose bounds are set already. */
export async function pageBetween(
  table: Table,
  push: Push,
  chain: number,
  { after, end }: { after: string | undefined; end: string | undefined },
): Promise<readonly WantedUe[]> {
  const { source } = push;
  if (source.kind === 'listed') return wanted(source.ues);
  if (source.kind === 'services')
    return loadRegistrationsBetween(table, rangeOf(source.services, chain), after, end);
  const ues: WantedUe[] = [];
  let place = after;
  for (;;) {
    const pages = await loadPages(table, source.pushId, chain, { ...pageAfter(place), limit: PAGES_AT_ONCE });
    for (const { page, outcome, end: last } of pages) {
      ues.push(...undelivered(outcome));
      place = String(page);
      if (last === undefined || place === end) return ues;
    }
    if (pages.length < PAGES_AT_ONCE) return ues;
  }
}

/** The User Service whose registrations a chain goes through; undefined where a push has other sources. */
export function serviceOfChain({ source }: Push, chain: number): string | undefined {
  return source.kind === 'services' ? rangeOf(source.services, chain).serviceId : undefined;
}

function rangeOf(services: readonly { serviceId: string; chains: number }[], chain: number): ShardRange {
  let left = chain;
  for (const { serviceId, chains } of services) {
    if (left >= chains) {
      left -= chains;
      continue;
    }
    const size = REGISTRATION_SHARDS / chains;
    return { serviceId, first: Math.floor(left * size), last: Math.floor((left + 1) * size) - 1 };
  }
  throw new RangeError(`the push has no chain ${chain}`);
}

function pageAfter(place: string | undefined): { after?: number } {
  return place === undefined ? {} : { after: Number(place) };
}

function wanted(ues: readonly Impi[]): WantedUe[] {
  return ues.map((impi) => ({ impi }));
}

function undelivered(
  outcome: { readonly failed: Readonly<Record<string, readonly string[]>> } | undefined,
): WantedUe[] {
  return Object.values(outcome?.failed ?? {}).flatMap((impis) =>
    impis.map((impi) => ({ impi: parseImpi(impi) })),
  );
}
