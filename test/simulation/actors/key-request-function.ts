import { KEY_REQUEST_VARIABLE } from '../../../functions/environment-variables.ts';
import { createContext } from '../../../functions/key-request/container.ts';
import { requestOfEvent } from '../../../lib/front-door/index.ts';
import type { KeyRequestContext } from '../../../lib/key-management/context.ts';
import { handleKeyRequest } from '../../../lib/key-management/key-request.ts';
import { UeError } from '../../../lib/ue/errors.ts';
import type { HttpAnswer, HttpPost } from '../../../lib/ue/http-post.ts';
import { httpApiV2Event } from '../../front-door/events.ts';
import { CALLS_OF_FUNCTION } from '../faults.ts';
import { Machine } from '../virtual/machine.ts';
import { KEY_ARN, SECRET_ARN, TABLE_NAME } from '../world/aws.ts';
import type { World } from '../world/world.ts';
import { NAF_FQDN } from './names.ts';
import { drawClock } from './senders.ts';

/** One instance of the Lambda function: it serves one request after another. */
interface Instance {
  readonly machine: Machine;
  context: KeyRequestContext | undefined;
}

/** A request as it was sent. */
interface SentRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Requests that somebody on the way remembers. */
const OVERHEARD = 200;
/** Shorter than as deployed, so that windows of nonces end within a run. */
export const NONCE_LIFETIME_S = 30;

const INSTANCES_OF_A_DRILL = 4;
/** A UE waits that long, in ms, as `httpPost` does. */
const TIMEOUT_MS = 10_000;

/** The Key Request function behind HTTP, with as many instances as there are requests at the same time. */
export class KeyRequestFunction {
  readonly #world: World;
  readonly #idle: Instance[] = [];
  #started = 0;
  /** Requests that were answered. */
  readonly #overheard: SentRequest[] = [];
  /** Responses of Digest that were granted something. */
  readonly #granted = new Set<string>();
  requests = 0;
  /** One for each request whose UE waits for the answer. */
  readonly #waiting = new Set<object>();
  /** What serves the next request ends when AWS has done so many calls of it. */
  endsAfterCalls: number | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** No instance is cut off any more, though it has made fewer calls than it had left. */
  cutOffNoMore(): void {
    this.endsAfterCalls = undefined;
    for (const { machine } of this.#idle) machine.endNoMore();
  }

  /** Requests of UEs that wait for their answers. */
  get underWay(): number {
    return this.#waiting.size;
  }

  /** How a UE at this address sends its requests. */
  postFrom(addressOf: () => string): HttpPost {
    return (url, headers, body) => this.#post(addressOf(), url, headers, body);
  }

  /** Somebody sends an earlier request again, from elsewhere: it must not be granted. */
  replay(): void {
    const { random } = this.#world;
    const request = this.#overheard[random.whole(Math.max(1, this.#overheard.length))];
    if (request !== undefined) this.#replay(request);
  }

  /** As `replay`, the last one of a UE. */
  replayLastOf(btid: string): void {
    const request = this.#overheard.findLast(({ headers }) => headers.authorization?.includes(btid));
    if (request !== undefined) this.#replay(request);
  }

  /** The last request of a UE, to be sent again later by somebody else. */
  overhear(btid: string): () => void {
    const request = this.#overheard.findLast(({ headers }) => headers.authorization?.includes(btid));
    return () => request !== undefined && this.#replay(request);
  }

  /** From now on several instances are there, half of them ahead of the others by so many ms. */
  skewClocks(ms: number): void {
    while (this.#idle.length < INSTANCES_OF_A_DRILL) this.#idle.push(this.#start());
    for (const [index, { machine }] of this.#idle.entries()) {
      const { now } = this.#world.scheduler;
      const ahead = machine.wall(now) - this.#world.trueTime();
      machine.stepClock((index % 2 === 0 ? ms / 2 : -ms / 2) - ahead);
    }
  }

  /** As `replay`, all of them. @returns how many */
  replayAll(): number {
    for (const request of this.#overheard.slice()) this.#replay(request);
    return this.#overheard.length;
  }

  #replay({ url, headers, body }: SentRequest): void {
    this.requests += 1;
    this.#world.asWorld(() => this.#serve('198.51.100.66', url, headers, body, () => {}));
  }

  /** Nothing that was granted is granted again. */
  #observe(request: SentRequest, status: number): void {
    const { authorization = '' } = request.headers;
    if (status === 200 && this.#granted.has(authorization))
      this.#world.fail(`the same request was granted twice: ${authorization}`);
    if (status === 200) this.#granted.add(authorization);
    // One that failed has not used up its nonce count: whoever holds it back may send it himself, too.
    if (authorization === '' || status >= 500) return;
    this.#overheard.push(request);
    if (this.#overheard.length > OVERHEARD) this.#overheard.shift();
  }

  #post(
    from: string,
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<HttpAnswer> {
    const world = this.#world;
    const { random, scheduler } = world;
    const ue = this.#world.current();
    const [isLost, isUnanswered] = [world.strikes('requestLost'), world.strikes('answerLost')];
    const latency = () => 10 + random.next() * 40;
    this.requests += 1;
    const waiting = {};
    this.#waiting.add(waiting);
    return new Promise((resolve, reject) => {
      const silence = scheduler.after(TIMEOUT_MS, ue, () => {
        this.#waiting.delete(waiting);
        reject(new UeError('no-answer', 'the BM-SC did not answer'));
      });
      if (isLost) return;
      scheduler.after(latency(), world.machine, () => {
        this.#serve(from, url, headers, body, (answer) => {
          if (isUnanswered) return;
          scheduler.after(latency(), ue, () => {
            silence.run = undefined;
            this.#waiting.delete(waiting);
            resolve(answer);
          });
        });
      });
    });
  }

  #serve(
    from: string,
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string,
    answer: (answer: HttpAnswer) => void,
  ): void {
    const { random, scheduler, trace } = this.#world;
    const [chosen] = this.#idle.splice(random.whole(Math.max(1, this.#idle.length)), 1);
    const instance = chosen ?? this.#start();
    const { machine } = instance;
    const sent = {
      path: url.pathname,
      query: url.search.slice(1),
      headers: Object.entries(headers),
      body: Buffer.from(body),
    };
    const event = httpApiV2Event(sent, true);
    Object.assign(event.requestContext.http, { sourceIp: from });
    Object.assign(event.requestContext, { requestId: `request-${this.requests}` });
    const drawn = this.#world.strikes('cutOff') ? 1 + random.whole(CALLS_OF_FUNCTION) : undefined;
    const calls = this.endsAfterCalls ?? drawn;
    this.endsAfterCalls = undefined;
    if (calls !== undefined) machine.endAfter(calls, () => trace.note(machine.name, 'is cut off'));
    if (this.#world.strikes('functionEnds'))
      scheduler.after(random.next() * 60, this.#world.machine, () => {
        machine.hasEnded = true;
      });
    const handle = async () => {
      instance.context ??= await createContext(
        environmentOf(),
        { onFailedRead: () => {}, onLookUp: () => {} },
        this.#world.aws.way,
      );
      return handleKeyRequest(instance.context, requestOfEvent(event));
    };
    scheduler.as(machine, handle).then(
      ({ response, outcome }) => {
        trace.note(machine.name, `answers ${response.status} ${outcome.result} ${outcome.reason}`);
        this.#idle.push(instance);
        this.#observe({ url, headers, body }, response.status);
        answer({
          status: response.status,
          headers: { ...response.headers },
          body: Buffer.from(response.body),
        });
      },
      (error: unknown) => {
        trace.note(machine.name, `fails: ${String(error)}`);
        this.#idle.push(instance);
        answer({ status: 500, headers: {}, body: Buffer.alloc(0) });
      },
    );
  }

  #start(): Instance {
    this.#started += 1;
    const { scheduler } = this.#world;
    const machine = new Machine(
      `key-request-${this.#started}`,
      scheduler.now,
      drawFunctionClock(this.#world),
    );
    return { machine, context: undefined };
  }
}

/** Two instances differ by less than the 5 s that nonces allow for. */
function drawFunctionClock(world: World) {
  return { skewMs: drawClock(world).skewMs / 12.5, drift: 0 };
}

function environmentOf(): Record<string, string> {
  return {
    [KEY_REQUEST_VARIABLE.tableName]: TABLE_NAME,
    [KEY_REQUEST_VARIABLE.keyArn]: KEY_ARN,
    [KEY_REQUEST_VARIABLE.eventBusName]: 'Bus',
    [KEY_REQUEST_VARIABLE.nonceSecretArn]: SECRET_ARN,
    [KEY_REQUEST_VARIABLE.nafFqdn]: NAF_FQDN,
    [KEY_REQUEST_VARIABLE.nonceLifetimeSeconds]: String(NONCE_LIFETIME_S),
  };
}
