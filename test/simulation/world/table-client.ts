import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-dynamodb';
import { bodyOfInput } from '../../../functions/aws-calls/table-codec.ts';
import type { AwsError } from '../../../local/aws/aws-error.ts';
import { namedErrorOf, VirtualClient } from './virtual-client.ts';
import type { World } from './world.ts';

/** Their requests have no octets, and are not changed but at their top. */
const READS = new Set(['GetItem', 'Query', 'BatchGetItem']);

/** A client of the simulated table without the SDK under it. */
export function openVirtualTable(world: World, attempts?: number): DynamoDBClient {
  const client = new VirtualClient(
    world,
    {
      prefix: 'DynamoDB_20120810',
      textOf: bodyOfInput,
      answer: (action, input) => {
        const request = READS.has(action) ? shallow(input) : (encoded(input) as object);
        return decodedAnswer(world.aws.answerTable(action, request));
      },
      errorOf: tableErrorOf,
    },
    attempts,
  );
  // It has of the client what the code uses, and no more.
  return client as unknown as DynamoDBClient;
}

function tableErrorOf(error: AwsError): Error {
  const { name, message, status } = error;
  const about = { message, $metadata: { httpStatusCode: status } };
  if (name === 'ConditionalCheckFailedException') return new ConditionalCheckFailedException(about);
  if (name === 'ProvisionedThroughputExceededException')
    return new ProvisionedThroughputExceededException(about);
  return namedErrorOf(error);
}

function shallow(input: object): object {
  if (!('RequestItems' in input && input.RequestItems instanceof Object)) return { ...input };
  const tables = Object.entries(input.RequestItems).map(([name, of]) => [name, { ...of }]);
  return { ...input, RequestItems: Object.fromEntries(tables) };
}

/** Items as the code gets them, by what the table has: the same ones are read again and again. */
const decodedItems = new WeakMap<object, object>();

/** As `decoded`; the items of reads are decoded once, for they are never changed but replaced. */
function decodedAnswer(answer: object): object {
  if ('Items' in answer && Array.isArray(answer.Items))
    return { ...answer, Items: answer.Items.map(decodedItem) };
  if ('Item' in answer && answer.Item instanceof Object) return { Item: decodedItem(answer.Item) };
  return decoded(answer) as object;
}

function decodedItem(item: object): object {
  const known = decodedItems.get(item) ?? (decoded(item) as object);
  decodedItems.set(item, known);
  return { ...known };
}

/** A copy with octets in the place of their Base64. */
function decoded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(decoded);
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    const each: unknown = Reflect.get(value, key);
    if (typeof each !== 'string') copy[key] = decoded(each);
    else copy[key] = key === 'B' ? Uint8Array.from(Buffer.from(each, 'base64')) : each;
  }
  return copy;
}

/** A copy as JSON has it: octets are Base64, and what is undefined is left out. */
function encoded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(encoded);
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    const each: unknown = Reflect.get(value, key);
    if (each !== undefined) copy[key] = encoded(each);
  }
  return copy;
}
