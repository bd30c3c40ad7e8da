import { batches } from '../../batches.ts';
import { parseImpi } from '../../gba/impi.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import type { MskId } from '../../keys/msk-id.ts';
import { loadReplacedAt } from '../../store/key-group/key-group.ts';
import { loadAnswers } from '../../store/ledger/answers.ts';
import { chainsWith } from '../../store/ledger/chains.ts';
import { listPushesOfMsk, loadPush, type Push } from '../../store/ledger/push.ts';
import { equalParts, isInShards, REGISTRATION_SHARDS, type Shards } from '../../store/registration/shards.ts';
import type { Table } from '../../store/table.ts';
import { PENDING, statesOfChain, statesOfOutcome, type UeState } from './ue-states.ts';

/** What the ledger knows of one UE and one MSK. */
export interface MskHolding {
  readonly impi: string;
  /**
   * `verified`: it holds the MSK; `sent`: the MSK was sent to it, and asked for no verification; `pending`: a
   * push has yet to reach it, or its page is a dead letter; else the reason why it is not known to hold the
   * MSK.
   */
  readonly state: string;
}

/** UEs whose states are in memory at a time: about 200 MB. */
const MAX_UES = 1_000_000;
/**
 * An answer recorded this soon after a replacement, in ms, may be to the MSK before: retransmission goes on
 * for 30 s, and the journal of answers waits.
 */
export const ANSWERS_IN_DOUBT_MS = 60_000;
/** Pushes that are read together. */
const PUSHES_PER_READ = 25;

/**
 * Lists which UEs hold an MSK, which do not, and why, from all its pushes in the ledger and the journal of
 * answers. A UE that has confirmed the MSK once holds it; of others, the latest outcome counts. More than a
 * million UEs are listed in parts, by the shards of their IMPIs, and each part reads the whole ledger of the
 * MSK. Of an MSK that was replaced under its Key Number, nothing counts that says of the one before.
 * @throws StoreError, or the SDK's errors
 */
export async function* listHolders(
  table: Table,
  keyDomainId: KeyDomainId,
  mskId: MskId,
): AsyncGenerator<MskHolding> {
  const { keyGroup, keyNumber } = mskId;
  const replacedAt = await loadReplacedAt(table, { keyDomainId, keyGroup }, keyNumber);
  const answeredSince = replacedAt === undefined ? undefined : replacedAt + ANSWERS_IN_DOUBT_MS;
  const pushIds: string[] = [];
  let expected = 0;
  const listed = (await listPushesOfMsk(table, keyDomainId, mskId)).toReversed();
  for await (const push of pushesOf(table, listed)) {
    if (replacedAt !== undefined && push.startedAt < replacedAt) continue;
    pushIds.push(push.pushId);
    expected += push.expected;
  }
  for (const shards of equalParts(expected / MAX_UES)) {
    const states = new Map<string, string>();
    for await (const page of statesOf(table, pushIds, shards))
      for (const [impi, state] of page) addState(states, shards, impi, state);
    for await (const outcome of loadAnswers(table, keyDomainId, mskId, answeredSince))
      for (const [impi, state] of statesOfOutcome(outcome)) addState(states, shards, impi, state);
    for (const [impi, state] of states) yield { impi, state };
  }
}

/** Adds what a push or an answer says of a UE of these shards; later calls bring later states. */
function addState(states: Map<string, string>, shards: Shards, impi: string, state: string): void {
  if (!isWhole(shards) && !isInShards(shards, parseImpi(impi))) return;
  const known = states.get(impi);
  // A pending page says less than the outcome of another push.
  if (known === undefined || (known !== 'verified' && state !== PENDING)) states.set(impi, state);
}

/** Whether all UEs are listed at once: then the IMPI of none need be read. */
function isWhole({ first, last }: Shards): boolean {
  return last - first === REGISTRATION_SHARDS - 1;
}

async function* statesOf(
  table: Table,
  pushIds: readonly string[],
  shards: Shards,
): AsyncGenerator<Iterable<UeState>> {
  for await (const push of pushesOf(table, pushIds))
    for (const chain of chainsWith(push.source, shards)) yield* statesOfChain(table, push, chain);
}

async function* pushesOf(table: Table, pushIds: readonly string[]): AsyncGenerator<Push> {
  for (const ids of batches(pushIds, PUSHES_PER_READ))
    for (const push of await Promise.all(ids.map((id) => loadPush(table, id))))
      if (push !== undefined) yield push;
}
