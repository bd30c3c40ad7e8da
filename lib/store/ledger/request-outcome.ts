import { updatedIf } from '../conditional-write.ts';
import { requestKey, requestOutcomeKey } from '../item-keys.ts';
import { queryAll } from '../query.ts';
import { getItem, type Item, type ItemKey, keyOf, putItem, type Table } from '../table.ts';
import { ledgerTtl } from './push.ts';

/** Names one event that carries a request: other events may carry the same request again. */
export interface RequestId {
  /** The same for every repetition of one request. */
  readonly idempotencyKey: string;
  readonly eventId: string;
}

/** What came of a request on the bus, for whoever waits for it; identifiers only. */
export interface RequestOutcome {
  /** `prepared`, `activated`, `revoked`, `repeated`, or `refused` with `reason` and `message`. */
  readonly result: string;
  readonly reason?: string | undefined;
  /** For people. */
  readonly message?: string | undefined;
  readonly keyDomainId?: string | undefined;
  readonly mskId?: string | undefined;
  /** When a prepared MSK is to be the current one, ISO 8601. */
  readonly activateAt?: string | undefined;
  /** The MSK that is the current one after a revocation. */
  readonly currentMskId?: string | undefined;
  /** The pushes that follow from the request. */
  readonly pushIds?: readonly string[] | undefined;
}

/** A repetition that comes to nothing new: it does not hide what the same event came to before. */
const REPEATED = 'repeated';

/**
 * Binds an idempotency key to the first request that has it, for 90 days. `digest` stands for all that the
 * request asks for; `now` is ms since the epoch. One conditional write.
 * @returns false when the key is that of another request
 */
export async function bindRequest(
  table: Table,
  idempotencyKey: string,
  digest: string,
  now: number,
): Promise<boolean> {
  const { ttl } = ledgerTtl(now);
  const item = await updatedIf(table, requestKey(idempotencyKey), {
    update: 'SET digest = if_not_exists(digest, :digest), #ttl = if_not_exists(#ttl, :ttl)',
    names: { '#ttl': 'ttl' },
    values: { ':digest': { S: digest }, ...(ttl && { ':ttl': ttl }) },
  });
  return item?.digest?.S === digest;
}

/** Records what came of a request, for 90 days. `now` is ms since the epoch. */
export async function putRequestOutcome(
  table: Table,
  id: RequestId,
  outcome: RequestOutcome,
  now: number,
): Promise<void> {
  const key = keyOfOutcome(id);
  if (outcome.result === REPEATED && (await getItem(table, key)) !== undefined) return;
  await putItem(table, { ...keyOf(key), outcome: { S: JSON.stringify(outcome) }, ...ledgerTtl(now) });
}

/** What came of the request of an event, strongly consistent; undefined while it is not known. */
export async function loadRequestOutcome(table: Table, id: RequestId): Promise<RequestOutcome | undefined> {
  const item = await getItem(table, keyOfOutcome(id));
  return item && outcomeOfItem(item);
}

/** One of the outcomes of the events that had an idempotency key; undefined where none is known. */
export async function findRequestOutcome(
  table: Table,
  idempotencyKey: string,
): Promise<RequestOutcome | undefined> {
  const bounds = { first: requestOutcomeKey('', '').sk, last: requestOutcomeKey('', '\uffff').sk };
  const { pk } = requestKey(idempotencyKey);
  for await (const item of queryAll(table, { pk, ...bounds, limit: 1, isConsistent: true }))
    return outcomeOfItem(item);
  return undefined;
}

function keyOfOutcome({ idempotencyKey, eventId }: RequestId): ItemKey {
  return requestOutcomeKey(idempotencyKey, eventId);
}

/** `putRequestOutcome` wrote the attribute, and nothing else does. */
function outcomeOfItem(item: Item): RequestOutcome {
  return JSON.parse(item.outcome?.S ?? '{"result":""}') as RequestOutcome;
}
