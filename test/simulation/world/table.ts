import deleteItem from 'dynalite/actions/deleteItem.js';
import putItem from 'dynalite/actions/putItem.js';
import updateItem from 'dynalite/actions/updateItem.js';
import { itemSize, mapPaths } from 'dynalite/db/index.js';
import { AwsError } from '../../../local/aws/aws-error.ts';
import { parseExpressions } from './expressions.ts';

/** An item in DynamoDB's JSON: octets are Base64. */
export type JsonItem = Record<string, Record<string, unknown>>;

/** What is asked of a table, as far as it is looked at here; dynalite adds the parsed expressions. */
interface TableRequest {
  readonly TableName: string;
  readonly Key?: JsonItem;
  readonly Item?: JsonItem;
  readonly ConsistentRead?: boolean;
  readonly RequestItems?: Record<string, TableRequest & { readonly Keys: readonly JsonItem[] }>;
  readonly ExclusiveStartKey?: JsonItem;
  readonly ScanIndexForward?: boolean;
  readonly Limit?: number;
  readonly Select?: string;
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeValues?: JsonItem;
  readonly _projection?: { readonly paths: unknown[] };
}

/** How a table answers that one request. */
export interface TableMood {
  /** An eventually consistent read sees the table as it was that many ms ago. */
  readonly staleMs: number;
  /** An answer ends after so many items, as one of 1 MB does. */
  readonly maxItems: number;
  /** How many keys of a batch are left unprocessed. */
  readonly unprocessed: number;
}

export const GOOD_MOOD: TableMood = { staleMs: 0, maxItems: 1_000_000, unprocessed: 0 };

/** A query ends when it has read that many octets. */
const MAX_OCTETS = 1024 * 1024;
/** Versions of an item are kept for stale reads for this time, in ms. */
const KEPT_MS = 10_000;

const KEY_SCHEMA = [
  { AttributeName: 'pk', KeyType: 'HASH' },
  { AttributeName: 'sk', KeyType: 'RANGE' },
];
const DESCRIPTION = {
  TableName: 'KeyStore',
  TableId: '00000000-0000-4000-8000-000000000001',
  TableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/KeyStore',
  KeySchema: KEY_SCHEMA,
  AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
};

interface Version {
  readonly since: number;
  readonly item: JsonItem | undefined;
}

/** Hears what an item was, and what it is. */
type ItemListener = (pk: string, before: JsonItem | undefined, after: JsonItem | undefined) => void;

/** Items of one partition: versions by sort key, the latest last. */
class Partition {
  readonly versions = new Map<string, Version[]>();
  /** In order. */
  readonly sortKeys: string[] = [];
}

/**
 * A table of DynamoDB in memory. Conditions and updates are dynalite's, which answers without waiting, so
 * that a request is done at one moment of virtual time.
 */
export class VirtualTable {
  readonly #partitions = new Map<string, Partition>();
  readonly #now: () => number;
  readonly #listeners: ItemListener[] = [];
  /** Octets of items, which are never changed but replaced. */
  readonly #sizes = new WeakMap<JsonItem, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param request fresh from JSON: it is changed. @throws AwsError */
  answer(action: string, request: TableRequest, mood: TableMood): object {
    switch (action) {
      case 'GetItem':
        return this.#getItem(parseExpressions(request), mood);
      case 'BatchGetItem':
        return this.#batchGet(request, mood);
      case 'Query':
        return this.#query(request, mood);
      case 'PutItem':
        return this.#write(putItem, parseExpressions(request), request.Item ?? {});
      case 'UpdateItem':
        return this.#write(updateItem, parseExpressions(request), request.Key ?? {});
      case 'DeleteItem':
        return this.#write(deleteItem, parseExpressions(request), request.Key ?? {});
      case 'DescribeTable':
        return { Table: DESCRIPTION };
      default:
        throw new AwsError('UnknownOperationException', `the simulated table has no ${action}`);
    }
  }

  /** The latest version of an item. */
  find(pk: string, sk: string, at = Number.POSITIVE_INFINITY): JsonItem | undefined {
    const versions = this.#partitions.get(pk)?.versions.get(sk) ?? [];
    return versions.findLast(({ since }) => since <= at)?.item;
  }

  /** Every item of the table. */
  *items(): Generator<JsonItem> {
    for (const { versions } of this.#partitions.values())
      for (const each of versions.values()) {
        const { item } = each.at(-1) ?? {};
        if (item !== undefined) yield item;
      }
  }

  /** Writes an item past the API: the state that a simulation begins with. */
  put(item: JsonItem): void {
    this.#keep(textOf(item, 'pk'), textOf(item, 'sk'), item);
  }

  #getItem({ Key = {}, ConsistentRead, _projection }: TableRequest, mood: TableMood): object {
    const item = this.#read(Key, ConsistentRead, mood);
    return item === undefined ? {} : { Item: projected(item, _projection) };
  }

  #batchGet({ RequestItems = {} }: TableRequest, { staleMs, unprocessed }: TableMood): object {
    const Responses: Record<string, JsonItem[]> = {};
    const UnprocessedKeys: Record<string, object> = {};
    for (const [name, request] of Object.entries(RequestItems)) {
      const { Keys, ConsistentRead, _projection } = parseExpressions(request);
      const done = Math.max(0, Keys.length - unprocessed);
      Responses[name] = Keys.slice(0, done).flatMap((key) => {
        const item = this.#read(key, ConsistentRead, { staleMs });
        return item === undefined ? [] : [projected(item, _projection)];
      });
      if (done < Keys.length) UnprocessedKeys[name] = { Keys: Keys.slice(done) };
    }
    return { Responses, UnprocessedKeys };
  }

  #query(request: TableRequest, mood: TableMood): object {
    const { ExclusiveStartKey, ScanIndexForward = true, Limit = Number.POSITIVE_INFINITY, Select } = request;
    const { pk, first, last } = rangeOf(request);
    const sortKeys = this.#partitions.get(pk)?.sortKeys;
    // Most shards of a small User Service are empty.
    if (sortKeys === undefined) return counted([], Select);
    const start = ExclusiveStartKey === undefined ? undefined : textOf(ExclusiveStartKey, 'sk');
    const at = request.ConsistentRead ? this.#now() : this.#now() - mood.staleMs;
    const found: JsonItem[] = [];
    let octets = 0;
    for (const sk of ScanIndexForward ? sortKeys : sortKeys.toReversed()) {
      if (sk < first || sk > last) continue;
      if (start !== undefined && (ScanIndexForward ? sk <= start : sk >= start)) continue;
      const item = this.find(pk, sk, at);
      if (item === undefined) continue;
      found.push(item);
      octets += this.#sizeOf(item);
      if (found.length >= Math.min(Limit, mood.maxItems) || octets >= MAX_OCTETS)
        return { ...counted(found, Select), LastEvaluatedKey: keyOf(pk, sk) };
    }
    return counted(found, Select);
  }

  #sizeOf(item: JsonItem): number {
    const size = this.#sizes.get(item) ?? itemSize(item);
    this.#sizes.set(item, size);
    return size;
  }

  #read(key: JsonItem, isConsistent: boolean | undefined, { staleMs }: Pick<TableMood, 'staleMs'>) {
    const at = isConsistent ? this.#now() : this.#now() - staleMs;
    return this.find(textOf(key, 'pk'), textOf(key, 'sk'), at);
  }

  #write(action: typeof putItem, request: TableRequest, key: JsonItem): object {
    const [pk, sk] = [textOf(key, 'pk'), textOf(key, 'sk')];
    const before = this.find(pk, sk);
    const itemDb = {
      lock: (_: string, locked: (release: (done: unknown) => unknown) => void) => locked((done) => done),
      get: (_: string, found: (error: object | null, item?: JsonItem) => void) =>
        before === undefined ? found({ name: 'NotFoundError' }) : found(null, before),
      put: (_: string, item: JsonItem, done: (error: null) => void) => {
        this.#keep(pk, sk, item);
        done(null);
      },
      del: (_: string, done: (error: null) => void) => {
        this.#keep(pk, sk, undefined);
        done(null);
      },
    };
    const store = {
      getTable: (_: string, found: (error: null, table: object) => void) => found(null, DESCRIPTION),
      getItemDb: () => itemDb,
      options: { maxItemSize: 400 * 1024 },
    };
    let outcome: { error: (Error & { body?: { __type: string; message?: string } }) | null; answer: object };
    let isDone = false;
    outcome = { error: null, answer: {} };
    action(store, request, (error, answer = {}) => {
      isDone = true;
      outcome = { error, answer };
    });
    if (!isDone) throw new Error('the table did not answer at once');
    const { error, answer } = outcome;
    if (error !== null) {
      const { __type = 'InternalServerError', message = error.message } = error.body ?? {};
      throw new AwsError(__type.split('#').at(-1) ?? __type, message);
    }
    return answer;
  }

  onWrite(listener: ItemListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Deletes items whose time to live is over, each with this probability: DynamoDB takes days for it.
   * @param seconds now, since the epoch
   * @returns how many
   */
  deleteExpired(seconds: number, isDeleted: () => boolean): number {
    const due = [...this.items()].filter(({ ttl }) => Number(ttl?.N ?? seconds) < seconds && isDeleted());
    for (const item of due) this.#keep(textOf(item, 'pk'), textOf(item, 'sk'), undefined);
    return due.length;
  }

  #keep(pk: string, sk: string, item: JsonItem | undefined): void {
    for (const listener of this.#listeners) listener(pk, this.find(pk, sk), item);
    const partition = this.#partitions.get(pk) ?? new Partition();
    this.#partitions.set(pk, partition);
    const now = this.#now();
    const known = partition.versions.get(sk);
    if (known === undefined) insertInOrder(partition.sortKeys, sk);
    const versions = known ?? [];
    const old = versions.findLastIndex(({ since }) => since < now - KEPT_MS);
    partition.versions.set(sk, [...versions.slice(Math.max(0, old)), { since: now, item }]);
  }
}

/** Of the three conditions that the key store has, and no other. */
function rangeOf({
  KeyConditionExpression: condition,
  ExpressionAttributeValues: values = {},
}: TableRequest) {
  const [pk, first, last] = [':pk', ':first', ':last'].map((name) => textOf(values, name));
  if (pk === undefined || first === undefined || last === undefined) throw new Error('never');
  const highest = '\u{10ffff}';
  if (condition === 'pk = :pk') return { pk, first: '', last: highest };
  if (condition === 'pk = :pk AND sk <= :last') return { pk, first: '', last };
  if (condition === 'pk = :pk AND sk BETWEEN :first AND :last') return { pk, first, last };
  throw new AwsError('ValidationException', `the simulated table has no condition ${condition}`);
}

function counted(items: readonly JsonItem[], select: string | undefined): object {
  return { Count: items.length, ScannedCount: items.length, ...(select === 'COUNT' ? {} : { Items: items }) };
}

function projected(item: JsonItem, projection: TableRequest['_projection']): JsonItem {
  return projection === undefined ? item : mapPaths(projection.paths, item);
}

function textOf(item: JsonItem, name: string): string {
  return String(item[name]?.S);
}

function keyOf(pk: string, sk: string): JsonItem {
  return { pk: { S: pk }, sk: { S: sk } };
}

function insertInOrder(sorted: string[], text: string): void {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, text);
}
