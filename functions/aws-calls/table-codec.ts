import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AwsJson1_0Protocol } from '@aws-sdk/core/protocols';
import { DynamoDBJsonCodec2 } from '@aws-sdk/dynamodb-codec';
import { NormalizedSchema } from '@smithy/core/schema';
import type { HttpResponse, MetadataBearer, OperationSchema } from '@smithy/types';
import { keepWritten } from '../../lib/store/written-answer.ts';

/** The attributes of an item, still with Base64 in the place of octets. */
type EncodedItem = Record<string, AttributeValue>;

/** What the answers that carry items hold, still with Base64 in the place of octets. */
interface EncodedAnswer {
  readonly Item?: EncodedItem;
  readonly Items?: readonly EncodedItem[];
  readonly Attributes?: EncodedItem;
  readonly Count?: number;
  readonly ScannedCount?: number;
  readonly ConsumedCapacity?: object;
  readonly LastEvaluatedKey?: EncodedItem;
  readonly Responses?: Readonly<Record<string, readonly EncodedItem[]>>;
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys?: readonly EncodedItem[] }>>;
}

/** Answers whose items stand in the places that `EncodedAnswer` names, and in no other. */
const WITH_ITEMS = new Set([
  'GetItemOutput',
  'BatchGetItemOutput',
  'PutItemOutput',
  'UpdateItemOutput',
  'DeleteItemOutput',
]);

/**
 * The protocol of DynamoDB as the SDK speaks it, but for the answers that carry items: their JSON is parsed,
 * and the octets in it are decoded where they stand, without a walk along the schema of each value.
 */
export class TableProtocol extends AwsJson1_0Protocol {
  constructor(settings: ConstructorParameters<typeof AwsJson1_0Protocol>[0]) {
    super({ ...settings, jsonCodec: new TableCodec() });
  }

  override async deserializeResponse<Output extends MetadataBearer>(
    operation: OperationSchema,
    context: Parameters<AwsJson1_0Protocol['deserializeResponse']>[1],
    response: HttpResponse,
  ): Promise<Output> {
    const answer = await super.deserializeResponse<Output>(operation, context, response);
    const octets: unknown = Reflect.get(answer, UNPARSED);
    if (octets instanceof Uint8Array) parseWhenRead(answer, octets);
    return answer;
  }
}

/** What the codec reads of a query's answer: its octets. */
const UNPARSED = Symbol('unparsed');

/** The members of a query's answer. */
const OF_QUERY = ['Items', 'Count', 'ScannedCount', 'LastEvaluatedKey', 'ConsumedCapacity'] as const;

/** Gives an answer its members, for which its JSON is parsed when the first of them is read. */
function parseWhenRead(answer: object, octets: Uint8Array): void {
  let parsed: EncodedAnswer | undefined;
  const read = (name: (typeof OF_QUERY)[number]) => {
    parsed ??= answerOf(octets);
    return parsed[name];
  };
  for (const name of OF_QUERY)
    Object.defineProperty(answer, name, { enumerable: true, configurable: true, get: () => read(name) });
  Reflect.deleteProperty(answer, UNPARSED);
  keepWritten(answer, octets);
}

class TableCodec extends DynamoDBJsonCodec2 {
  override createDeserializer(): ReturnType<DynamoDBJsonCodec2['createDeserializer']> {
    const deserializer = super.createDeserializer();
    const readBySchema = deserializer.read.bind(deserializer);
    const read: typeof readBySchema = async (schema, data) => {
      const name = typeof data === 'string' ? '' : NormalizedSchema.of(schema).getName();
      if (name === 'QueryOutput') return { [UNPARSED]: data };
      return typeof data !== 'string' && WITH_ITEMS.has(name ?? '')
        ? answerOf(data)
        : readBySchema(schema, data);
    };
    return Object.assign(deserializer, { read });
  }
}

/** @throws SyntaxError when it is no JSON */
function answerOf(data: Uint8Array): EncodedAnswer {
  const answer: EncodedAnswer = JSON.parse(
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'),
  );
  const { Item, Items, Attributes, LastEvaluatedKey, Responses, UnprocessedKeys } = answer;
  for (const item of [Item, Attributes, LastEvaluatedKey]) if (item) decodeItem(item);
  if (Items) for (const item of Items) decodeItem(item);
  if (Responses) for (const table in Responses) for (const item of Responses[table] ?? []) decodeItem(item);
  if (UnprocessedKeys)
    for (const table in UnprocessedKeys)
      for (const key of UnprocessedKeys[table]?.Keys ?? []) decodeItem(key);
  return answer;
}

function decodeItem(item: EncodedItem): void {
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) decodeValue(value);
  }
}

/** Puts octets in the place of their Base64. */
function decodeValue(value: AttributeValue): void {
  for (const type in value) {
    if (type === 'B') value.B = octetsOf(value.B);
    else if (type === 'BS') value.BS = value.BS?.map(octetsOf);
    else if (type === 'M') decodeItem(value.M ?? {});
    else if (type === 'L') for (const each of value.L ?? []) decodeValue(each);
  }
}

/** Octets for an attribute that is text before it is decoded, whatever its type says. */
function octetsOf(base64: unknown): Uint8Array {
  const octets = Buffer.from(String(base64), 'base64');
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
}

/** The JSON of a command's input; octets in it are Base64. */
export function bodyOfInput(input: object): string {
  return JSON.stringify(hasOctets(input) ? withBase64(input) : input);
}

function hasOctets(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array) return true;
  for (const key in value) if (hasOctets(Reflect.get(value, key))) return true;
  return false;
}

function withBase64(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (Array.isArray(value)) return value.map(withBase64);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withBase64(each)]));
}
