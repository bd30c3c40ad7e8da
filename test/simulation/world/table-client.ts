import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-dynamodb';
import { bodyOfInput } from '../../../functions/aws-calls/table-codec.ts';
import { AwsError } from '../../../local/aws/aws-error.ts';
import type { World } from './world.ts';

/** As the SDK: pauses double from the first, each shortened at random, up to the longest; in ms. */
const FIRST_PAUSE_MS = 100;
const FIRST_PAUSE_THROTTLED_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const DEFAULT_ATTEMPTS = 3;

/** The part of a middleware of the SDK that is of use here: it sees when answers were given. */
type Middleware = (next: Handler) => Handler;
type Handler = (args: object) => Promise<{ response: unknown; output: unknown }>;

/** A command of the SDK. */
interface Command {
  readonly input: object;
}

/** Their requests have no octets, and are not changed but at their top. */
const READS = new Set(['GetItem', 'Query', 'BatchGetItem']);

type Answered = { readonly value: object } | { readonly error: AwsError };

/**
 * A client of the simulated table without the SDK under it: calls, their retries and errors are as the SDK's,
 * and take a quarter of its time. Of the seeds, a part has the SDK.
 */
export function openVirtualTable(world: World, attempts = DEFAULT_ATTEMPTS): DynamoDBClient {
  // It has of the client what the code uses, and no more.
  return new VirtualTableClient(world, attempts) as unknown as DynamoDBClient;
}

class VirtualTableClient {
  readonly #world: World;
  readonly #attempts: number;
  readonly #middleware: Middleware[] = [];
  readonly middlewareStack = { add: (middleware: Middleware) => void this.#middleware.push(middleware) };

  constructor(world: World, attempts: number) {
    this.#world = world;
    this.#attempts = attempts;
  }

  async send(command: Command): Promise<unknown> {
    const action = command.constructor.name.replace(/Command$/, '');
    let handler: Handler = () => this.#try(action, command.input);
    for (const middleware of this.#middleware) handler = middleware(handler);
    for (let attempt = 1; ; attempt++)
      try {
        return (await handler({})).output;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException || attempt >= this.#attempts) throw error;
        await this.#pause(attempt, error instanceof ProvisionedThroughputExceededException);
      }
  }

  async #try(action: string, input: object): Promise<{ response: unknown; output: unknown }> {
    const answered = await this.#world.aws.exchange<Answered>(`DynamoDB_20120810.${action}`, {
      text: () => bodyOfInput(input),
      answer: () => this.#answer(action, input),
      refuse: (error) => ({ error }),
    });
    if ('error' in answered) throw sdkErrorOf(answered.error);
    const date = new Date(this.#world.trueTime()).toUTCString();
    return { response: { headers: { date } }, output: answered.value };
  }

  #answer(action: string, input: object): Answered {
    try {
      const request = READS.has(action) ? shallow(input) : (encoded(input) as object);
      return { value: decoded(this.#world.aws.answerTable(action, request)) as object };
    } catch (error) {
      if (error instanceof AwsError) return { error };
      this.#world.fail(`the simulated table failed at ${action}: ${String(error)}`);
      return { error: new AwsError('InternalServerError', String(error), 500) };
    }
  }

  #pause(attempt: number, isThrottled: boolean): Promise<void> {
    const first = isThrottled ? FIRST_PAUSE_THROTTLED_MS : FIRST_PAUSE_MS;
    const longest = Math.min(LONGEST_PAUSE_MS, first * 2 ** (attempt - 1));
    return new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
  }
}

function sdkErrorOf({ name, message, status }: AwsError): Error {
  const about = { message, $metadata: { httpStatusCode: status } };
  if (name === 'ConditionalCheckFailedException') return new ConditionalCheckFailedException(about);
  if (name === 'ProvisionedThroughputExceededException')
    return new ProvisionedThroughputExceededException(about);
  return Object.assign(new Error(message), { name, $metadata: about.$metadata });
}

function shallow(input: object): object {
  if (!('RequestItems' in input && input.RequestItems instanceof Object)) return { ...input };
  const tables = Object.entries(input.RequestItems).map(([name, of]) => [name, { ...of }]);
  return { ...input, RequestItems: Object.fromEntries(tables) };
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
