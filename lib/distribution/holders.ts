import { parseImpi } from '../gba/impi.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import type { MskId } from '../keys/msk-id.ts';
import { REGISTRATION_SHARDS, shardOf } from '../store/item-keys.ts';
import { loadAnswers } from '../store/ledger/answers.ts';
import { chainsOf, listPushesOfMsk, loadPush, type Push } from '../store/ledger/push.ts';
import { loadPages, type PageOutcome } from '../store/ledger/push-page.ts';
import type { Table } from '../store/table.ts';
import { nextPage, pageBetween } from './push/push-source.ts';
import type { WantedUe } from './recipients/recipients.ts';

/** What is known of one UE and one MSK. */
export interface MskHolding {
  readonly impi: string;
  /**
   * `verified`: it holds the MSK; `sent`: it was sent it and not asked to confirm; `not-through`: a push is to come to it, or
   * was and is a dead letter; else why it is not known to hold it.
   */
  readonly state: string;
}

/** UEs whose states are held at once: some 200 MB. */
const UES_AT_ONCE = 1_000_000;
/** Pushes, pages of a push, and UEs not yet on any page, that are read at once. */
const PUSHES_AT_ONCE = 25;
const PAGES_AT_ONCE = 20;
const UES_OF_PAGE = 500;

/**
 * Who holds an MSK, who does not, and why, from all pushes of it that are kept and the answers to those who asked. A UE that
 * confirmed it once holds it; else the latest says why not. Of more than a million UEs a part is listed after the
 * other, each by its shards, and all is read once for each part.
 */
export async function* listHolders(
  table: Table,
  keyDomainId: KeyDomainId,
  mskId: MskId,
): AsyncGenerator<MskHolding> {
  const pushIds = (await listPushesOfMsk(table, keyDomainId, mskId)).toReversed();
  let expected = 0;
  for await (const push of pushesOf(table, pushIds)) expected += push.expected;
  const parts = Math.min(REGISTRATION_SHARDS, 2 ** Math.ceil(Math.log2(Math.max(1, expected / UES_AT_ONCE))));
  for (let part = 0; part < parts; part++) {
    const first = (part * REGISTRATION_SHARDS) / parts;
    const shards: Shards = { first, last: first + REGISTRATION_SHARDS / parts - 1 };
    const states = new Map<string, string>();
    const learn = (impi: string, state: string) => {
      if (parts > 1 && !isIn(shards, impi)) return;
      const known = states.get(impi);
      // What a push has still to do says less than what another has done.
      if (known === undefined || (known !== 'verified' && state !== NOT_THROUGH)) states.set(impi, state);
    };
    for await (const push of pushesOf(table, pushIds))
      for (const chain of chainsWith(push, shards))
        for await (const [impi, state] of statesOfChain(table, push, chain)) learn(impi, state);
    for await (const outcome of loadAnswers(table, keyDomainId, mskId))
      for (const [impi, state] of statesOf(outcome)) learn(impi, state);
    for (const [impi, state] of states) yield { impi, state };
  }
}

const NOT_THROUGH = 'not-through';

/** Both ends included. */
interface Shards {
  readonly first: number;
  readonly last: number;
}

function isIn({ first, last }: Shards, impi: string): boolean {
  const shard = shardOf(parseImpi(impi));
  return first <= shard && shard <= last;
}

async function* pushesOf(table: Table, pushIds: readonly string[]): AsyncGenerator<Push> {
  for (let start = 0; start < pushIds.length; start += PUSHES_AT_ONCE) {
    const ids = pushIds.slice(start, start + PUSHES_AT_ONCE);
    for (const push of await Promise.all(ids.map((id) => loadPush(table, id))))
      if (push !== undefined) yield push;
  }
}

/** The chains of a push that may have UEs of these shards. */
function chainsWith({ source }: Push, { first, last }: Shards): number[] {
  if (source.kind !== 'services') return Array.from({ length: chainsOf(source) }, (_, chain) => chain);
  let before = 0;
  return source.services.flatMap(({ chains }) => {
    const chainOf = (shard: number) => before + Math.floor((shard * chains) / REGISTRATION_SHARDS);
    const found = Array.from(
      { length: chainOf(last) - chainOf(first) + 1 },
      (_, index) => chainOf(first) + index,
    );
    before += chains;
    return found;
  });
}

/** What a chain's pages have brought, and then the UEs of those that have brought nothing, or that nobody has begun. */
async function* statesOfChain(
  table: Table,
  push: Push,
  chain: number,
): AsyncGenerator<readonly [string, string]> {
  let place: { readonly end: string | undefined } | undefined;
  for (let after = -1, more = true; more; ) {
    const pages = await loadPages(table, push.pushId, chain, { after, limit: PAGES_AT_ONCE });
    for (const { page, outcome, end } of pages) {
      if (outcome !== undefined) yield* statesOf(outcome);
      else yield* notThrough(await pageBetween(table, push, chain, { after: place?.end, end }));
      place = { end };
      after = page;
    }
    more = pages.length === PAGES_AT_ONCE;
  }
  while (place === undefined || place.end !== undefined) {
    const { ues, end } = await nextPage(table, push, chain, { after: place?.end, limit: UES_OF_PAGE });
    yield* notThrough(ues);
    place = { end };
  }
}

function* statesOf({ verified, sent, failed }: PageOutcome): Generator<readonly [string, string]> {
  for (const impi of verified) yield [impi, 'verified'];
  for (const impi of sent) yield [impi, 'sent'];
  for (const [reason, impis] of Object.entries(failed)) for (const impi of impis) yield [impi, reason];
}

function* notThrough(ues: readonly WantedUe[]): Generator<readonly [string, string]> {
  for (const { impi } of ues) yield [impi, NOT_THROUGH];
}
