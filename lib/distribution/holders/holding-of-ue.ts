import type { Impi } from '../../gba/impi.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import type { MskId } from '../../keys/msk-id.ts';
import { loadReplacedAt } from '../../store/key-group/key-group.ts';
import { loadLatestAnswers } from '../../store/ledger/answers.ts';
import { chainsWith } from '../../store/ledger/chains.ts';
import { listPushesOfMsk, loadPush, type Push } from '../../store/ledger/push.ts';
import { shardOf } from '../../store/registration/shards.ts';
import type { Table } from '../../store/table.ts';
import { ANSWERS_IN_DOUBT_MS } from './list-holders.ts';
import { PENDING, statesOfChain, statesOfOutcome, type UeState } from './ue-states.ts';

/** What the ledger knows of one UE and one MSK. */
export interface UeHolding {
  /** As `MskHolding` of list-holders.ts has it. */
  readonly state: string;
  /** When its push began, or when the answer to the UE was written; ms since the epoch. */
  readonly at: number;
  /** undefined: the UE asked for the MSK by itself. */
  readonly pushId: string | undefined;
}

/** The latest pushes of the MSK that are read. */
const MAX_PUSHES = 20;
/** The latest items of the journal of answers that are read; each has up to 500 UEs. */
const MAX_ANSWERS = 200;

/**
 * Says whether one UE holds an MSK, from the latest pushes and answers of it. Of each push it reads only the
 * chain that the UE is in. A UE that has confirmed the MSK once holds it; else the latest outcome counts.
 * @returns undefined when the ledger has nothing of the UE and this MSK
 */
export async function findHolding(
  table: Table,
  keyDomainId: KeyDomainId,
  mskId: MskId,
  impi: Impi,
): Promise<UeHolding | undefined> {
  const { keyGroup, keyNumber } = mskId;
  const replacedAt = (await loadReplacedAt(table, { keyDomainId, keyGroup }, keyNumber)) ?? 0;
  const found: UeHolding[] = [];
  for await (const { at, outcome } of loadLatestAnswers(table, keyDomainId, mskId, MAX_ANSWERS)) {
    if (replacedAt > 0 && at < replacedAt + ANSWERS_IN_DOUBT_MS) break;
    const state = stateIn(statesOfOutcome(outcome), impi);
    if (state !== undefined) found.push({ state, at, pushId: undefined });
    if (state === 'verified') break;
  }
  if (found.at(-1)?.state === 'verified') return found.at(-1);
  for (const pushId of (await listPushesOfMsk(table, keyDomainId, mskId)).slice(0, MAX_PUSHES)) {
    const push = await loadPush(table, pushId);
    if (push === undefined || push.startedAt < replacedAt) continue;
    const state = await stateInPush(table, push, impi);
    if (state !== undefined) found.push({ state, at: push.startedAt, pushId });
    if (state === 'verified') return found.at(-1);
  }
  const settled = found.filter(({ state }) => state !== PENDING);
  return (settled.length > 0 ? settled : found).toSorted((one, other) => other.at - one.at)[0];
}

async function stateInPush(table: Table, push: Push, impi: Impi): Promise<string | undefined> {
  const shard = shardOf(impi);
  for (const chain of chainsWith(push.source, { first: shard, last: shard }))
    for await (const page of statesOfChain(table, push, chain)) {
      const state = stateIn(page, impi);
      if (state !== undefined) return state;
    }
  return undefined;
}

function stateIn(states: Iterable<UeState>, impi: Impi): string | undefined {
  for (const [each, state] of states) if (each === impi) return state;
  return undefined;
}
