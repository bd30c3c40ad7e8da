import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { listen } from '../../local/aws/listen.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { createBusFaults } from './bus-faults.ts';
import { failDynamodb } from './dynamodb-faults.ts';
import { createQueueFaults } from './queue-faults.ts';

/** Faults between the SDK's clients and AWS: probabilities for each call, and times in ms. */
export interface AwsFaults {
  /** DynamoDB refuses with ProvisionedThroughputExceededException. */
  readonly throttled: number;
  /** DynamoDB answers 500 and does nothing. */
  readonly failed: number;
  /** DynamoDB carries out the call and answers 500. */
  readonly answerLost: number;
  /** DynamoDB returns a part of a batch of reads as unprocessed. */
  readonly unprocessed: number;
  /** SQS delivers a message once more, up to `lateMs` later. */
  readonly messageTwice: number;
  /** SQS answers that it deleted a message, and does not delete it. */
  readonly deleteLost: number;
  /** EventBridge delivers an event twice. */
  readonly eventTwice: number;
  /** EventBridge delivers an event later than those after it. */
  readonly eventLate: number;
  readonly lateMs: number;
}

/** No faults. */
export const NO_AWS_FAULTS: AwsFaults = {
  throttled: 0,
  failed: 0,
  answerLost: 0,
  unprocessed: 0,
  messageTwice: 0,
  deleteLost: 0,
  eventTwice: 0,
  eventLate: 0,
  lateMs: 2000,
};

/** A call of an SDK. */
export interface AwsCall {
  readonly target: string;
  readonly body: Buffer;
}

/** An answer of AWS, or of the proxy. */
export interface AwsAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Forwards a call to AWS. */
export type Forward = (call: AwsCall) => Promise<AwsAnswer>;

/**
 * A proxy between SDK clients and an AWS endpoint. It counts injected faults by name, and calls and their
 * durations by action.
 */
export interface AwsFaultsProxy {
  readonly url: string;
  readonly setFaults: (faults: AwsFaults) => void;
  readonly injected: ReadonlyMap<string, number>;
  readonly calls: ReadonlyMap<string, number>;
  /** The sum of the durations of calls by action, in ms. */
  readonly callsMs: ReadonlyMap<string, number>;
  /** Forgets all counts. */
  readonly forget: () => void;
  readonly close: () => Promise<void>;
}

/** Starts the proxy on loopback. */
export async function startAwsFaults(endpointUrl: string, random: SeededRandom): Promise<AwsFaultsProxy> {
  const agent = new Agent({ keepAlive: true });
  const injected = new Map<string, number>();
  const calls = new Map<string, number>();
  const callsMs = new Map<string, number>();
  /** Calls in a row that a fault has spared. */
  const spared = new Map<string, number>();
  let faults = NO_AWS_FAULTS;
  const happens = (fault: Exclude<keyof AwsFaults, 'lateMs'>) => {
    // At random, but never long without it: a short run shall have its faults, too.
    const most = 1.5 / faults[fault];
    const happened = random.happens(faults[fault]) || (spared.get(fault) ?? 0) + 1 >= most;
    spared.set(fault, happened ? 0 : (spared.get(fault) ?? 0) + 1);
    if (happened) increase(injected, fault);
    return happened;
  };
  const lateness = () => random.next() * faults.lateMs;
  const queue = createQueueFaults(happens, lateness);
  const bus = createBusFaults(happens, lateness);

  const server = createServer(async (request, response) => {
    try {
      const target = String(request.headers['x-amz-target'] ?? '');
      const body = await octetsOf(request);
      const begun = performance.now();
      const action = target.replace(/^[^.]*\./, '');
      response.on('finish', () => {
        increase(calls, action);
        increase(callsMs, action, performance.now() - begun);
      });
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const forward: Forward = (call) => forwardTo(new URL(endpointUrl), agent, request, call, gone.signal);
      const call = { target, body };
      if (target.startsWith('DynamoDB_')) reply(response, await failDynamodb(call, forward, happens, random));
      else if (target.startsWith('AmazonSQS.')) reply(response, await queue(call, forward));
      else if (target === 'AWSEvents.PutEvents') {
        // A late event is forwarded although the client has its answer and may be gone.
        reply(response, await bus(call, (late) => forwardTo(new URL(endpointUrl), agent, request, late)));
      } else reply(response, await forward(call));
    } catch {
      // The endpoint or the client is gone: nobody waits for an answer.
      response.destroy();
    }
  });
  const port = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    setFaults: (changed) => {
      faults = changed;
    },
    injected,
    calls,
    callsMs,
    forget: () => {
      injected.clear();
      calls.clear();
      callsMs.clear();
    },
    close: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forwardTo(
  { hostname, port }: URL,
  agent: Agent,
  { method, url, headers }: IncomingMessage,
  { body }: AwsCall,
  signal?: AbortSignal,
): Promise<AwsAnswer> {
  return new Promise((resolve, reject) => {
    const onward = httpRequest(
      {
        hostname,
        port,
        method,
        path: url,
        agent,
        headers: { ...headers, 'content-length': body.length },
        ...(signal && { signal }),
      },
      async (response) =>
        octetsOf(response).then(
          (octets) =>
            resolve({ status: response.statusCode ?? 500, headers: response.headers, body: octets }),
          reject,
        ),
    );
    onward.on('error', reject);
    onward.end(body);
  });
}

function reply(response: ServerResponse, { status, headers, body }: AwsAnswer): void {
  const { 'content-length': _length, 'transfer-encoding': _encoding, connection: _, ...kept } = headers;
  response.writeHead(status, { ...kept, 'content-length': body.length }).end(body);
}

async function octetsOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function increase(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
