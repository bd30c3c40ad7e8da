import { type Impi, parseImpi } from '../../gba/impi.ts';
import { rangeOfChain } from '../../store/ledger/chains.ts';
import type { Push } from '../../store/ledger/push.ts';
import { type LedgerPage, loadPages, type PageOutcome } from '../../store/ledger/push-page.ts';
import {
  loadRegistrationPage,
  loadRegistrationsBetween,
} from '../../store/registration/registration-page.ts';
import type { Table } from '../../store/table.ts';
import type { RequestedUe } from '../recipients/recipient.ts';

/**
 * UEs of one page of a push's source. `end` is the position where the page ends; undefined: with the chain.
 */
export interface SourcePage {
  readonly ues: readonly RequestedUe[];
  readonly end: string | undefined;
}

/** Pages of an earlier push that are read together: few of their UEs are undelivered. */
const PAGES_PER_READ = 20;

/** The next page of a chain: about `limit` UEs after a position, or from the beginning of the chain. */
export async function nextPage(
  table: Table,
  { source }: Push,
  chain: number,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<SourcePage> {
  if (source.kind === 'listed') return { ues: requested(source.ues), end: undefined };
  if (source.kind === 'services')
    return loadRegistrationPage(table, rangeOfChain(source.services, chain), after, limit);
  const ues: RequestedUe[] = [];
  for await (const { page, outcome, end } of earlierPages(table, source.pushId, chain, after)) {
    ues.push(...undelivered(outcome));
    if (end !== undefined && ues.length >= limit) return { ues, end: String(page) };
  }
  return { ues, end: undefined };
}

/** The UEs between two positions: those of a page whose bounds are set already. */
export async function pageBetween(
  table: Table,
  { source }: Push,
  chain: number,
  { after, end }: { after: string | undefined; end: string | undefined },
): Promise<readonly RequestedUe[]> {
  if (source.kind === 'listed') return requested(source.ues);
  if (source.kind === 'services')
    return loadRegistrationsBetween(table, rangeOfChain(source.services, chain), after, end);
  const ues: RequestedUe[] = [];
  for await (const { page, outcome } of earlierPages(table, source.pushId, chain, after)) {
    ues.push(...undelivered(outcome));
    if (String(page) === end) break;
  }
  return ues;
}

/**
 * The pages of one chain of an earlier push after a position, which is a page number. They end with the
 * chain, or where the earlier push has come to.
 */
async function* earlierPages(
  table: Table,
  pushId: string,
  chain: number,
  position: string | undefined,
): AsyncGenerator<LedgerPage> {
  let after = position === undefined ? undefined : Number(position);
  for (let more = true; more; ) {
    const pages = await loadPages(table, pushId, chain, {
      ...(after === undefined ? {} : { after }),
      limit: PAGES_PER_READ,
    });
    for (const page of pages) {
      yield page;
      if (page.end === undefined) return;
      after = page.page;
    }
    more = pages.length === PAGES_PER_READ;
  }
}

/** The User Service whose registrations a chain consists of; undefined: the push has another source. */
export function serviceOfChain({ source }: Pick<Push, 'source'>, chain: number): string | undefined {
  return source.kind === 'services' ? rangeOfChain(source.services, chain).serviceId : undefined;
}

function requested(ues: readonly Impi[]): RequestedUe[] {
  return ues.map((impi) => ({ impi }));
}

function undelivered(outcome: PageOutcome | undefined): RequestedUe[] {
  return Object.values(outcome?.failed ?? {}).flatMap((impis) =>
    impis.map((impi) => ({ impi: parseImpi(impi) })),
  );
}
