import { KEY_REQUEST_VARIABLE } from '../../../functions/environment-variables.ts';
import { createContext } from '../../../functions/key-request/container.ts';
import { requestOfEvent } from '../../../lib/front-door/index.ts';
import type { KeyRequestContext } from '../../../lib/key-management/context.ts';
import { handleKeyRequest } from '../../../lib/key-management/key-request.ts';
import { UeError } from '../../../lib/ue/errors.ts';
import type { HttpAnswer, HttpPost } from '../../../lib/ue/http-post.ts';
import { httpApiV2Event } from '../../front-door/events.ts';
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

/** A UE waits that long, in ms, as `httpPost` does. */
const TIMEOUT_MS = 10_000;

/** The Key Request function behind HTTP, with as many instances as there are requests at the same time. */
export class KeyRequestFunction {
  readonly #world: World;
  readonly #idle: Instance[] = [];
  #started = 0;
  requests = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** How a UE at this address sends its requests. */
  postFrom(addressOf: () => string): HttpPost {
    return (url, headers, body) => this.#post(addressOf(), url, headers, body);
  }

  #post(
    from: string,
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<HttpAnswer> {
    const { faults, random, scheduler, machine: world } = this.#world;
    const ue = this.#world.current();
    const [isLost, isUnanswered] = [random.happens(faults.requestLost), random.happens(faults.answerLost)];
    const latency = () => 10 + random.next() * 40;
    this.requests += 1;
    return new Promise((resolve, reject) => {
      const silence = scheduler.after(TIMEOUT_MS, ue, () =>
        reject(new UeError('no-answer', 'the BM-SC did not answer')),
      );
      if (isLost) return;
      scheduler.after(latency(), world, () => {
        this.#serve(from, url, headers, body, (answer) => {
          if (isUnanswered) return;
          scheduler.after(latency(), ue, () => {
            silence.isCancelled = true;
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
    const { faults, random, scheduler, trace } = this.#world;
    const instance = this.#idle.pop() ?? this.#start();
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
    if (random.happens(faults.functionEnds))
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

/** Clocks of Lambda are set by Amazon Time Sync: hardly wrong. */
function drawFunctionClock(world: World) {
  return { skewMs: drawClock(world).skewMs / 100, drift: 0 };
}

function environmentOf(): Record<string, string> {
  return {
    [KEY_REQUEST_VARIABLE.tableName]: TABLE_NAME,
    [KEY_REQUEST_VARIABLE.keyArn]: KEY_ARN,
    [KEY_REQUEST_VARIABLE.eventBusName]: 'Bus',
    [KEY_REQUEST_VARIABLE.nonceSecretArn]: SECRET_ARN,
    [KEY_REQUEST_VARIABLE.nafFqdn]: NAF_FQDN,
  };
}
