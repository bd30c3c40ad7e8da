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
import { nameOf, textOf } from './http-request.ts';
import { openVirtualBus, openVirtualQueue } from './queue-and-bus-clients.ts';
import { GOOD_MOOD, VirtualTable } from './table.ts';
import { openVirtualTable } from './table-client.ts';
import type { World } from './world.ts';

export const TABLE_NAME = 'KeyStore';
export const KEY_ARN = 'arn:aws:kms:us-east-1:000000000000:key/simulated';
export const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:nonce';
export const SCHEDULE_GROUP = 'rotations';
/** As it is deployed. */
export const VISIBILITY_TIMEOUT_S = 120;
const MAX_RECEIVE_COUNT = 10;
/**
 * One seed in so many has the whole SDK; the others have it for all but the table, the queue and the bus,
 * without signatures.
 */
export const WHOLE_EVERY = 16;
/** Of those who don't hang up. */
const NEVER = new AbortController().signal;
/** Characters of a request that stand in a trace. */
const EXPLAINED = 1500;

/** What a call comes to. */
type Fate = 'done' | 'throttled' | 'not-reached' | 'not-answered';

/** What is asked of AWS, and how it is answered. */
interface Exchange<T> {
  /** The request, for those who read a trace. */
  readonly text: () => string;
  readonly answer: (name: string) => T | Promise<T>;
  readonly refuse: (error: AwsError) => T;
  readonly hungUp?: AbortSignal | undefined;
}

/** Answers an action of a service. Requests of the table are changed. */
type Answer = (action: string, request: object, hungUp: AbortSignal) => object | Promise<object>;

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
  callsOfSenders = 0;
  /** The share of messages that the queue refuses to take, where it is not that of all entries. */
  refusedSends: number | undefined;
  /** Whether EventBridge Scheduler gives up whatever is due. */
  losesSchedules = false;
  readonly #world: World;
  readonly #scheduler: LocalScheduler;
  readonly #answers: Readonly<Record<string, Answer>>;
  readonly #isWhole: boolean;
  readonly #outages = new Map<string, { readonly until: number; readonly fate: Fate }>();
  /** Calls that do not reach AWS. */
  unreached: ((name: string) => boolean) | undefined;
  #toLose: ((name: string, body: string) => boolean) | undefined;
  /** Each answer is dated, by the second. */
  #dated = { second: 0, date: '' };

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
    this.#scheduler = new LocalScheduler(stacks, (request) => {
      const isLost = this.losesSchedules || world.strikes('schedulesLost');
      if (!isLost) this.bus.takeAll(request);
    });
    this.#answers = {
      DynamoDB_20120810: (action, request) => this.answerTable(action, request),
      AmazonSQS: (action, request, hungUp) => this.#answerQueue(action, request, hungUp),
      AWSEvents: (action, request) => this.bus.answer(action, request),
      TrentService: (action, request) => kms.answer(action, request) as object,
      secretsmanager: (action, request) => secrets.answer(action, request) as object,
    };
    const unsigned = { sign: async <T>(request: T): Promise<T> => request };
    this.way = {
      region: 'us-east-1',
      credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
      // One seed in so many has the SDK sign, encode, retry and decode each call as it is deployed.
      ...(this.#isWhole
        ? {}
        : {
            signer: unsigned,
            openTable: (attempts) => openVirtualTable(world, attempts),
            openQueue: (attempts) => openVirtualQueue(world, attempts),
            openBus: (attempts) => openVirtualBus(world, attempts),
          }),
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

  get callsInAll(): number {
    return [...this.calls.values()].reduce((sum, each) => sum + each, 0);
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

  /** One request over HTTP, from the machine that makes it and back. */
  async #call(request: HttpRequest, hungUp?: AbortSignal): Promise<{ response: HttpResponse }> {
    const response = await this.exchange(nameOf(request), {
      text: () => textOf(request),
      answer: (name) => this.#answer(name, request, hungUp ?? NEVER),
      refuse: (error) => this.#refused(error),
      hungUp,
    });
    return { response };
  }

  /** One call, from the machine that makes it to AWS and back, and what goes wrong on the way. */
  exchange<T>(name: string, { text, answer, refuse, hungUp }: Exchange<T>): Promise<T> {
    const { scheduler, trace } = this.#world;
    const machine = this.#world.current();
    const [fate, there, back] = [this.#fate(name, text), this.#latency(), this.#latency()];
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    if (machine.name.startsWith('sender')) this.callsOfSenders += 1;
    return new Promise((resolve, reject) => {
      const hang = () => reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
      if (hungUp?.aborted) return hang();
      hungUp?.addEventListener('abort', hang, { once: true });
      const goBack = (run: () => void) => {
        scheduler.after(back, machine, () => {
          hungUp?.removeEventListener('abort', hang);
          run();
        });
      };
      const fail = () =>
        goBack(() => reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })));
      const hand = (answered: T) => (fate === 'not-answered' ? fail() : goBack(() => resolve(answered)));
      scheduler.after(there, this.#world.machine, () => {
        trace.note(machine.name, `${name} ${fate}`);
        trace.explain(() => text().slice(0, EXPLAINED));
        if (machine.hasEnded) return;
        if (fate === 'not-reached') return fail();
        if (fate === 'throttled') return goBack(() => resolve(refuse(throttlingOf(name))));
        const answered = answer(name);
        machine.countCall();
        if (answered instanceof Promise) answered.then(hand, reject);
        else hand(answered);
      });
    });
  }

  /** The date of an answer that is given now. */
  get date(): string {
    const second = Math.floor(this.#world.trueTime() / 1000);
    if (second !== this.#dated.second) this.#dated = { second, date: new Date(second * 1000).toUTCString() };
    return this.#dated.date;
  }

  /** Answers a call of a service. @throws AwsError */
  answerService(service: string, action: string, request: object, hungUp: AbortSignal) {
    const answer = this.#answers[service];
    if (answer === undefined) throw new AwsError('UnknownOperationException', `there is no ${service}`);
    return answer(action, request, hungUp);
  }

  /** Answers a call of the table at once. @throws AwsError */
  answerTable(action: string, request: object): object {
    return this.table.answer(action, request as Parameters<VirtualTable['answer']>[1], this.#mood());
  }

  async #answer(name: string, request: HttpRequest, hungUp: AbortSignal): Promise<HttpResponse> {
    try {
      const body = textOf(request);
      if (name.startsWith('Scheduler.')) {
        const query = new URLSearchParams();
        for (const [key, each] of Object.entries(request.query)) query.set(key, String(each));
        const url = new URL(`https://scheduler.simulated${request.path}?${query}`);
        return this.#response(200, this.#scheduler.answer(request.method, url, body));
      }
      const [service = '', action = ''] = name.split('.');
      const value = await this.answerService(service, action, JSON.parse(body), hungUp);
      this.#world.trace.note('aws', `-> ${name}`);
      return this.#response(200, value);
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
    const headers = { 'content-type': 'application/x-amz-json-1.0', date: this.date, ...more };
    const octets = Buffer.from(JSON.stringify(value ?? {}));
    const body = this.#isWhole ? Readable.from([octets], { objectMode: false }) : octets;
    return new HttpResponse({ statusCode, headers, body });
  }

  /** The queue's part of the faults: entries refused, messages twice and late, receptions by two. */
  #answerQueue(action: string, request: QueueRequest, hungUp: AbortSignal): object | Promise<object> {
    const { random } = this.#world;
    const answerOf = (asked: object) => this.sqs.answer(action, asked, hungUp) as Promise<object>;
    if (action === 'ReceiveMessage' && this.#world.strikes('receivedByTwo'))
      return answerOf({ ...request, VisibilityTimeout: random.whole(3) });
    if (!action.endsWith('Batch')) return answerOf(request);
    const { Entries = [] } = request;
    const rate = action === 'SendMessageBatch' ? this.refusedSends : undefined;
    const refused = Entries.filter(() => this.#world.strikes('partRefused', rate));
    const taken = Entries.filter((entry) => !refused.includes(entry)).map((entry) =>
      action === 'SendMessageBatch' && this.#world.strikes('reordered')
        ? { DelaySeconds: 1 + random.whole(5), ...entry }
        : entry,
    );
    const twice = action === 'SendMessageBatch' ? taken.filter(() => this.#world.strikes('twice')) : [];
    for (const [index, entry] of twice.entries())
      void answerOf({ ...request, Entries: [{ ...entry, Id: `${index}` }] });
    const Failed = refused.map(({ Id }) => ({
      Id,
      Code: 'InternalError',
      Message: 'try again',
      SenderFault: false,
    }));
    if (taken.length === 0) return { Successful: [], Failed };
    return answerOf({ ...request, Entries: taken }).then((answer) => {
      const { Successful, Failed: more } = answer as { Successful: object[]; Failed: object[] };
      return { Successful, Failed: [...Failed, ...more] };
    });
  }

  #mood() {
    const world = this.#world;
    const { faults, random } = world;
    // In this order, in which a seed has them drawn.
    const staleMs = world.strikes('staleReads') ? random.next() * faults.staleMs : GOOD_MOOD.staleMs;
    const maxItems = world.strikes('smallAnswers') ? 1 + random.whole(8) : GOOD_MOOD.maxItems;
    const unprocessed = world.strikes('unprocessed') ? random.whole(4) : GOOD_MOOD.unprocessed;
    return { staleMs, maxItems, unprocessed };
  }

  /** From now on for so many ms, a service that is drawn throttles everything, or is not reached. */
  beginOutage(ms: number, only?: string): void {
    const { random, scheduler, trace } = this.#world;
    const drawn = Object.keys(this.#answers)[random.whole(Object.keys(this.#answers).length)] ?? '';
    const service = only ?? drawn;
    this.#outages.set(service, {
      until: scheduler.now + ms,
      fate: random.happens(0.5) ? 'throttled' : 'not-reached',
    });
    trace.note('aws', `${service} is out for ${ms.toFixed(0)}`);
  }

  endOutages(): void {
    this.#outages.clear();
  }

  /** The next call of this action is done, and its answer is lost. */
  loseAnswerOf(isIt: (name: string, body: string) => boolean): void {
    this.#toLose = isIt;
  }

  #fate(name: string, text: () => string): Fate {
    const { scheduler } = this.#world;
    const outage = this.#outages.size > 0 ? this.#outages.get(name.split('.')[0] ?? '') : undefined;
    if (outage !== undefined && outage.until > scheduler.now) return outage.fate;
    if (this.unreached?.(name) === true) return 'not-reached';
    if (this.#toLose?.(name, text()) === true) {
      this.#toLose = undefined;
      return 'not-answered';
    }
    if (this.#world.strikes('throttled')) return 'throttled';
    if (this.#world.strikes('notReached')) return 'not-reached';
    return this.#world.strikes('notAnswered') ? 'not-answered' : 'done';
  }

  #latency(): number {
    const { faults, random } = this.#world;
    return 1 + random.next() * (this.#world.strikes('slow') ? faults.slowMs : 5);
  }
}

interface QueueRequest {
  readonly Entries?: readonly { readonly Id: string }[];
}

function throttlingOf(name: string): AwsError {
  return name.startsWith('DynamoDB')
    ? new AwsError('ProvisionedThroughputExceededException', 'slow down')
    : new AwsError('ThrottlingException', 'slow down');
}
