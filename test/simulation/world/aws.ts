import { Readable } from 'node:stream';
import { type HttpRequest, HttpResponse } from '@smithy/core/protocols';
import type { WayToAws } from '../../../functions/aws-calls/way-to-aws.ts';
import { AwsError } from '../../../local/aws/aws-error.ts';
import { LocalKms } from '../../../local/aws/kms.ts';
import { LocalScheduler } from '../../../local/aws/scheduler.ts';
import { LocalSecrets } from '../../../local/aws/secrets.ts';
import { LocalSqs } from '../../../local/aws/sqs.ts';
import { ResolvedStacks } from '../../../local/aws/template.ts';
import { Bus } from './bus.ts';
import { GOOD_MOOD, VirtualTable } from './table.ts';
import type { World } from './world.ts';

export const TABLE_NAME = 'KeyStore';
export const KEY_ARN = 'arn:aws:kms:us-east-1:000000000000:key/simulated';
export const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:nonce';
export const SCHEDULE_GROUP = 'rotations';
/** As it is deployed. */
export const VISIBILITY_TIMEOUT_S = 120;
const MAX_RECEIVE_COUNT = 10;
/** One seed in so many signs its requests and reads its answers as streams. */
const WHOLE_EVERY = 8;

/** What a call comes to. */
type Fate = 'done' | 'throttled' | 'not-reached' | 'not-answered';

/** The actions of services, by the prefix of the header that names them. */
type Answer = (action: string, body: string, hungUp: AbortSignal) => unknown;

/**
 * AWS as one HTTP handler of the SDK: requests are signed, retried and decoded by the SDK that is deployed.
 * The table is ours, the other services are those of the local system, on virtual time.
 */
export class Aws {
  readonly table: VirtualTable;
  readonly sqs = new LocalSqs('https://sqs.us-east-1.amazonaws.com');
  readonly bus: Bus;
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
  readonly way: WayToAws;
  /** Calls by action. */
  readonly calls = new Map<string, number>();
  readonly #world: World;
  readonly #scheduler: LocalScheduler;
  readonly #answers: Readonly<Record<string, Answer>>;
  readonly #isWhole: boolean;

  /** Within the world's own machine, whose clock is true. */
  constructor(world: World) {
    this.#world = world;
    this.#isWhole = world.seed % WHOLE_EVERY === 0;
    this.table = new VirtualTable(() => world.scheduler.now);
    const deadLetters = this.sqs.createQueue({ QueueName: 'DeadLetters' });
    const redrive = {
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:DeadLetters',
      maxReceiveCount: MAX_RECEIVE_COUNT,
    };
    const queue = this.sqs.createQueue({
      QueueName: 'Queue',
      Attributes: { VisibilityTimeout: String(VISIBILITY_TIMEOUT_S), RedrivePolicy: JSON.stringify(redrive) },
    });
    this.queueUrl = queue.QueueUrl;
    this.deadLetterUrl = deadLetters.QueueUrl;
    this.bus = new Bus(world, (body) => void this.send(body));
    const kms = new LocalKms([KEY_ARN]);
    const secrets = new LocalSecrets([SECRET_ARN]);
    const group = { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: SCHEDULE_GROUP } };
    const stacks = new ResolvedStacks([{ stackName: 'Simulated', template: { Resources: { group } } }], {
      endpoint: 'https://aws.simulated',
      api: 'https://api.simulated',
    });
    this.#scheduler = new LocalScheduler(stacks, (request) => this.bus.answer('PutEvents', request));
    this.#answers = {
      DynamoDB_20120810: (action, body) => this.table.answer(action, JSON.parse(body), this.#mood()),
      AmazonSQS: (action, body, hungUp) => this.#answerQueue(action, JSON.parse(body), hungUp),
      AWSEvents: (action, body) => this.bus.answer(action, JSON.parse(body)),
      TrentService: (action, body) => kms.answer(action, JSON.parse(body)),
      secretsmanager: (action, body) => secrets.answer(action, JSON.parse(body)),
    };
    const unsigned = { sign: async <T>(request: T): Promise<T> => request };
    this.way = {
      region: 'us-east-1',
      credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
      // Nobody checks a signature here: one seed in so many makes them, and streams of answers, all the same.
      ...(this.#isWhole ? {} : { signer: unsigned }),
      requestHandler: {
        metadata: { handlerProtocol: 'http/1.1' },
        handle: (request: HttpRequest, { abortSignal }: { abortSignal?: unknown } = {}) =>
          this.#call(request, abortSignal instanceof AbortSignal ? abortSignal : undefined),
        updateHttpClientConfig: () => {},
        httpHandlerConfigs: () => ({}),
        destroy: () => {},
      },
    };
  }

  /** Puts a message into the queue of work, as a rule of the bus does. */
  send(body: string): void {
    this.#world.asWorld(() => this.sqs.send('arn:aws:sqs:us-east-1:000000000000:Queue', body));
  }

  /** Messages of a queue in all states. */
  async messagesIn(url: string): Promise<number> {
    const request = { QueueUrl: url, AttributeNames: ['All'] };
    const answer = await this.#world.asWorld(() =>
      this.sqs.answer('GetQueueAttributes', request, new AbortController().signal),
    );
    const { Attributes } = answer as { Attributes: Record<string, string> };
    return ['', 'NotVisible', 'Delayed']
      .map((state) => Number(Attributes[`ApproximateNumberOfMessages${state}`]))
      .reduce((sum, each) => sum + each, 0);
  }

  /** One request, from the machine that makes it and back. */
  #call(request: HttpRequest, hungUp?: AbortSignal): Promise<{ response: HttpResponse }> {
    const { scheduler, trace } = this.#world;
    const machine = this.#world.current();
    const name = nameOf(request);
    const [fate, there, back] = [this.#fate(), this.#latency(), this.#latency()];
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    return new Promise((resolve, reject) => {
      const hang = () => reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
      if (hungUp?.aborted) return hang();
      hungUp?.addEventListener('abort', hang, { once: true });
      const answer = (run: () => void) => {
        scheduler.after(back, machine, () => {
          hungUp?.removeEventListener('abort', hang);
          run();
        });
      };
      const fail = () =>
        answer(() => reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })));
      scheduler.after(there, this.#world.machine, () => {
        trace.note(machine.name, `${name} ${fate}`);
        if (machine.hasEnded) return;
        if (fate === 'not-reached') return fail();
        if (fate === 'throttled')
          return answer(() => resolve({ response: this.#refused(throttlingOf(name)) }));
        this.#answer(name, request, hungUp ?? new AbortController().signal).then((response) => {
          trace.note(machine.name, `${name} -> ${response.statusCode}`);
          if (fate === 'not-answered') fail();
          else answer(() => resolve({ response }));
        }, reject);
      });
    });
  }

  async #answer(name: string, request: HttpRequest, hungUp: AbortSignal): Promise<HttpResponse> {
    try {
      const body = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body);
      if (name.startsWith('Scheduler.')) {
        const query = new URLSearchParams();
        for (const [key, each] of Object.entries(request.query)) query.set(key, String(each));
        const url = new URL(`https://scheduler.simulated${request.path}?${query}`);
        return this.#response(200, this.#scheduler.answer(request.method, url, body));
      }
      const [service = '', action = ''] = name.split('.');
      return this.#response(200, await this.#answers[service]?.(action, body, hungUp));
    } catch (error) {
      if (error instanceof AwsError) return this.#refused(error);
      this.#world.fail(`the simulated AWS failed at ${name}: ${String(error)}`);
      return this.#refused(new AwsError('InternalFailure', String(error), 500));
    }
  }

  #refused({ name, message, status }: AwsError): HttpResponse {
    return this.#response(status, { __type: name, message, Message: message }, { 'x-amzn-errortype': name });
  }

  #response(statusCode: number, value: unknown, more: Record<string, string> = {}): HttpResponse {
    const date = new Date(this.#world.trueTime()).toUTCString();
    const headers = { 'content-type': 'application/x-amz-json-1.0', date, ...more };
    const octets = Buffer.from(JSON.stringify(value ?? {}));
    const body = this.#isWhole ? Readable.from([octets], { objectMode: false }) : octets;
    return new HttpResponse({ statusCode, headers, body });
  }

  /** The queue's part of the faults: entries refused, messages twice and late, receptions by two. */
  #answerQueue(action: string, request: QueueRequest, hungUp: AbortSignal): unknown {
    const { faults, random } = this.#world;
    if (action === 'ReceiveMessage' && random.happens(faults.receivedByTwo))
      return this.sqs.answer(action, { ...request, VisibilityTimeout: random.whole(3) }, hungUp);
    if (!action.endsWith('Batch')) return this.sqs.answer(action, request, hungUp);
    const { Entries = [] } = request;
    const refused = Entries.filter(() => random.happens(faults.partRefused));
    const taken = Entries.filter((entry) => !refused.includes(entry));
    const twice = action === 'SendMessageBatch' ? taken.filter(() => random.happens(faults.twice)) : [];
    for (const [index, entry] of twice.entries())
      void this.sqs.answer(action, { ...request, Entries: [{ ...entry, Id: `${index}` }] }, hungUp);
    const Failed = refused.map(({ Id }) => ({
      Id,
      Code: 'InternalError',
      Message: 'try again',
      SenderFault: false,
    }));
    if (taken.length === 0) return { Successful: [], Failed };
    return this.sqs.answer(action, { ...request, Entries: taken }, hungUp).then((answer) => {
      const { Successful, Failed: more } = answer as { Successful: object[]; Failed: object[] };
      return { Successful, Failed: [...Failed, ...more] };
    });
  }

  #mood() {
    const { faults, random } = this.#world;
    return {
      ...GOOD_MOOD,
      ...(random.happens(faults.staleReads) && { staleMs: random.next() * faults.staleMs }),
      ...(random.happens(faults.smallAnswers) && { maxItems: 1 + random.whole(8) }),
      ...(random.happens(faults.unprocessed) && { unprocessed: random.whole(4) }),
    };
  }

  #fate(): Fate {
    const { faults, random } = this.#world;
    if (random.happens(faults.throttled)) return 'throttled';
    if (random.happens(faults.notReached)) return 'not-reached';
    return random.happens(faults.notAnswered) ? 'not-answered' : 'done';
  }

  #latency(): number {
    const { faults, random } = this.#world;
    return 1 + random.next() * (random.happens(faults.slow) ? faults.slowMs : 5);
  }
}

interface QueueRequest {
  readonly Entries?: readonly { readonly Id: string }[];
}

/** `Service.Action`. */
function nameOf({ headers, method, path }: HttpRequest): string {
  return headers['x-amz-target'] ?? `Scheduler.${method} ${path.split('/')[1]}`;
}

function throttlingOf(name: string): AwsError {
  return name.startsWith('DynamoDB')
    ? new AwsError('ProvisionedThroughputExceededException', 'slow down')
    : new AwsError('ThrottlingException', 'slow down');
}
