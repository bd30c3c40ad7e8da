import { parseImpi } from '../gba/impi.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import type { MskId } from '../keys/msk-id.ts';
import { loadAnswers } from '../store/answers.ts';
import { REGISTRATION_SHARDS, shardOf } from '../store/item-keys.ts';
import { chainsOf, listPushesOfMsk, loadPush, type Push } from '../store/push.ts';
import { loadPages, type PageOutcome } from '../store/push-page.ts';
import type { Table } from '../store/table.ts';

/** What is known of one UE and one MSK. */
export interface MskHolding {
  readonly impi: string;
  /** `verified`: it holds the MSK; `sent`: it was sent it and not asked to confirm; else why it is not known to hold it. */
  readonly state: string;
}

/** Pages read at once. */
const PAGES_AT_ONCE = 20;

/**
 * Who holds an MSK, who does not, and why, from all pushes of it that are kept and the answers to those who asked. A UE that
 * confirmed it once holds it; else the latest says why not. UEs come shard by shard, so that 10 million need the memory
 * of one shard.
 */
export async function* listHolders(
  table: Table,
  keyDomainId: KeyDomainId,
  mskId: MskId,
): AsyncGenerator<MskHolding> {
  const ids = await listPushesOfMsk(table, keyDomainId, mskId);
  const pushes = (await Promise.all(ids.toReversed().map((id) => loadPush(table, id)))).filter(
    (push) => push !== undefined,
  );
  const isMany = pushes.some((push) => chainsOf(push.source) >= REGISTRATION_SHARDS);
  for (let shard = 0; shard < (isMany ? REGISTRATION_SHARDS : 1); shard++) {
    const states = new Map<string, string>();
    const learn = (outcome: PageOutcome) => {
      for (const [impi, state] of statesOf(outcome)) {
        if (isMany && shardOf(parseImpi(impi)) !== shard) continue;
        if (states.get(impi) !== 'verified') states.set(impi, state);
      }
    };
    for (const push of pushes)
      for await (const outcome of outcomesOf(table, push, isMany ? shard : undefined)) learn(outcome);
    for await (const outcome of loadAnswers(table, keyDomainId, mskId)) learn(outcome);
    for (const [impi, state] of states) yield { impi, state };
  }
}

/** The outcomes of a push's pages; with a shard, only of chains that may have UEs of it. */
async function* outcomesOf(table: Table, push: Push, shard: number | undefined): AsyncGenerator<PageOutcome> {
  for (const chain of chainsWith(push, shard)) {
    for (let after = -1; ; ) {
      const pages = await loadPages(table, push.pushId, chain, { after, limit: PAGES_AT_ONCE });
      for (const { page, outcome } of pages) {
        after = page;
        if (outcome !== undefined) yield outcome;
      }
      if (pages.length < PAGES_AT_ONCE) break;
    }
  }
}

function chainsWith({ source }: Push, shard: number | undefined): number[] {
  const all = Array.from({ length: chainsOf(source) }, (_, chain) => chain);
  if (shard === undefined || source.kind !== 'services') return all;
  let first = 0;
  return source.services.flatMap(({ chains }) => {
    const chain = first + Math.floor((shard * chains) / REGISTRATION_SHARDS);
    first += chains;
    return [chain];
  });
}

function* statesOf({ verified, sent, failed }: PageOutcome): Generator<readonly [string, string]> {
  for (const impi of verified) yield [impi, 'verified'];
  for (const impi of sent) yield [impi, 'sent'];
  for (const [reason, impis] of Object.entries(failed)) for (const impi of impis) yield [impi, reason];
}
