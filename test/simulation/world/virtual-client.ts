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

interface SendOptions {
  /** Aborts when nobody waits any more. */
  readonly abortSignal?: AbortSignal;
}

/** A service of AWS, as a client without the SDK under it asks it. */
export interface VirtualService {
  /** Before the action's name in the header that names both. */
  readonly prefix: string;
  /** The body of a request, for those who look for something in it. */
  readonly textOf: (input: object) => string;
  /** Answers at once, or later. @throws AwsError */
  readonly answer: (action: string, input: object, hungUp: AbortSignal) => object | Promise<object>;
  /** What the SDK makes of an error. */
  readonly errorOf: (error: AwsError) => Error;
}

type Answered = { readonly value: object } | { readonly error: AwsError };

/** Of those who don't hang up. */
const NEVER = new AbortController().signal;

/**
 * A client of a simulated service without the SDK under it: calls, their retries and errors are as the SDK's,
 * and take a small part of its time. Of the seeds, a share has the SDK.
 */
export class VirtualClient {
  readonly #world: World;
  readonly #service: VirtualService;
  readonly #attempts: number;
  #handlerOf: (handler: Handler) => Handler = (handler) => handler;
  /** As a client of the SDK has it; only what observes answers is added. */
  readonly middlewareStack = {
    add: (middleware: Middleware) => {
      const before = this.#handlerOf;
      this.#handlerOf = (handler) => middleware(before(handler));
    },
  };

  constructor(world: World, service: VirtualService, attempts = DEFAULT_ATTEMPTS) {
    this.#world = world;
    this.#service = service;
    this.#attempts = attempts;
  }

  async send(command: Command, { abortSignal }: SendOptions = {}): Promise<unknown> {
    const action = command.constructor.name.replace(/Command$/, '');
    const handler = this.#handlerOf(() => this.#try(action, command.input, abortSignal));
    for (let attempt = 1; ; attempt++)
      try {
        return (await handler({})).output;
      } catch (error) {
        if (attempt >= this.#attempts || !isWorthARetry(error)) throw error;
        await this.#pause(attempt, isThrottling(error));
      }
  }

  async #try(
    action: string,
    input: object,
    hungUp: AbortSignal | undefined,
  ): Promise<{ response: unknown; output: unknown }> {
    const { aws } = this.#world;
    const answered = await aws.exchange<Answered>(`${this.#service.prefix}.${action}`, {
      text: () => this.#service.textOf(input),
      answer: () => this.#answer(action, input, hungUp ?? NEVER),
      refuse: (error) => ({ error }),
      hungUp,
    });
    if ('error' in answered) throw this.#service.errorOf(answered.error);
    return { response: { headers: { date: aws.date } }, output: answered.value };
  }

  #answer(action: string, input: object, hungUp: AbortSignal): Answered | Promise<Answered> {
    try {
      const value = this.#service.answer(action, input, hungUp);
      if (!(value instanceof Promise)) return { value };
      return value.then(
        (each) => ({ value: each }),
        (error: unknown) => this.#failed(action, error),
      );
    } catch (error) {
      return this.#failed(action, error);
    }
  }

  #failed(action: string, error: unknown): Answered {
    if (error instanceof AwsError) return { error };
    this.#world.fail(`the simulated ${this.#service.prefix} failed at ${action}: ${String(error)}`);
    return { error: new AwsError('InternalServerError', String(error), 500) };
  }

  #pause(attempt: number, isThrottled: boolean): Promise<void> {
    const first = isThrottled ? FIRST_PAUSE_THROTTLED_MS : FIRST_PAUSE_MS;
    const longest = Math.min(LONGEST_PAUSE_MS, first * 2 ** (attempt - 1));
    return new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
  }
}

/** An error of a service as the SDK throws it, where the code looks at its name alone. */
export function namedErrorOf({ name, message, status }: AwsError): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

/** What was throttled, not reached, not answered, or failed in the service; not what it refused. */
function isWorthARetry(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isThrottling(error) || ('code' in error && error.code === 'ECONNRESET')) return true;
  return '$metadata' in error && statusOf(error.$metadata) >= 500;
}

function isThrottling(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'ThrottlingException' || error.name === 'ProvisionedThroughputExceededException';
}

function statusOf(metadata: unknown): number {
  const status = metadata instanceof Object && 'httpStatusCode' in metadata ? metadata.httpStatusCode : 0;
  return Number(status);
}
