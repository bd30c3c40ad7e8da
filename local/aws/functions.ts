import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { AwsError } from './aws-error.ts';
import type { LocalLambda } from './lambda.ts';
import type { AwsAnswer } from './protocol.ts';
import type { LocalSqs } from './sqs.ts';
import type { ResolvedResource, ResolvedStacks } from './template.ts';

const deadLetters = v.optional(v.object({ TargetArn: v.string() }));
const invokeConfig = v.object({ FunctionName: v.string(), MaximumRetryAttempts: v.optional(v.number(), 2) });

/** The pause before an event is tried again, in ms. Lambda waits a minute. */
const PAUSE_MS = 250;

/** How often Lambda tries an event again unless a function is configured otherwise. */
const DEFAULT_RETRIES = 2;

/**
 * The Lambda functions of the local system by their ARNs; retries and dead-letter queues are as the stacks
 * have them.
 */
export class LocalFunctions {
  readonly #sqs: LocalSqs;
  readonly #functions = new Map<string, LocalLambda>();
  readonly #resources: ReadonlyMap<string, ResolvedResource>;
  /** By the functions' names. */
  readonly #retries: ReadonlyMap<string, number>;

  constructor(stacks: ResolvedStacks, sqs: LocalSqs) {
    this.#sqs = sqs;
    this.#resources = new Map(
      stacks.resourcesOfType('AWS::Lambda::Function').map((each) => [each.arn, each]),
    );
    this.#retries = new Map(
      stacks
        .resourcesOfType('AWS::Lambda::EventInvokeConfig')
        .map(({ properties }) => v.parse(invokeConfig, properties))
        .map(({ FunctionName, MaximumRetryAttempts }) => [FunctionName, MaximumRetryAttempts]),
    );
  }

  add(arn: string, lambda: LocalLambda): void {
    this.#functions.set(arn, lambda);
  }

  find(arn: string): LocalLambda | undefined {
    return this.#functions.get(arn);
  }

  /**
   * Invokes a function and waits for its result.
   * @throws Error of the handler, or that there is no such function
   */
  async invoke(arn: string, event: unknown, traceHeader?: string): Promise<unknown> {
    const lambda = this.#functions.get(arn);
    if (lambda === undefined) throw new Error(`there is no function ${arn}`);
    return lambda.invoke(event, traceHeader);
  }

  /**
   * Answers Lambda's own API: a function, by its name, is invoked and waited for.
   * @throws AwsError for a function that there is not
   */
  async answer({ pathname }: URL, body: string): Promise<AwsAnswer> {
    const name = decodeURIComponent(/\/functions\/([^/]+)\/invocations$/.exec(pathname)?.[1] ?? '');
    const found = [...this.#resources.values()].find(({ ref, arn }) => name === ref || name === arn);
    if (found === undefined)
      throw new AwsError('ResourceNotFoundException', `Function not found: ${name}`, 404);
    const contentType = 'application/json';
    try {
      const result = await this.invoke(found.arn, body === '' ? {} : JSON.parse(body));
      return { status: 200, contentType, body: JSON.stringify(result ?? null) };
    } catch (error) {
      const errorMessage = error instanceof Error ? error.message : String(error);
      return { status: 200, contentType, body: JSON.stringify({ errorType: 'Error', errorMessage }) };
    }
  }

  /**
   * Invokes a function as the bus does: returns immediately, and retries. The last failure makes a dead
   * letter.
   */
  invokeLater(arn: string, event: unknown, traceHeader?: string): void {
    // The system may be closing: then the function is gone.
    this.#invokeWithRetries(arn, event, traceHeader).catch(() => undefined);
  }

  async #invokeWithRetries(arn: string, event: unknown, traceHeader?: string): Promise<void> {
    const resource = this.#resources.get(arn);
    const attempts = 1 + (this.#retries.get(resource?.ref ?? '') ?? DEFAULT_RETRIES);
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await delay(PAUSE_MS, undefined, { ref: false });
      try {
        await this.invoke(arn, event, traceHeader);
        return;
      } catch {
        // The handler has logged it.
      }
    }
    const queueArn = v.parse(deadLetters, resource?.properties.DeadLetterConfig)?.TargetArn;
    if (queueArn !== undefined) this.#sqs.send(queueArn, JSON.stringify(event));
  }
}
