import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import * as v from 'valibot';

/** What the SQS emulator takes requests by. */
export type SqsRequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Makes messages that were received visible again at once. */
export type GiveBack = (queueUrl: string, receiptHandles: readonly string[]) => Promise<unknown>;

/** Long polls of SQS. */
export interface LongPolls {
  /** Answers ReceiveMessage. */
  readonly receive: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** There may be messages now that were not there before. */
  readonly wake: () => void;
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/** Messages whose delay or visibility timeout has passed are looked for so often, in ms. */
const LOOK_MS = 100;

const pollSchema = v.looseObject({
  QueueUrl: v.string(),
  WaitTimeSeconds: v.optional(v.number(), 0),
  /** The emulator knows them by their older name only. */
  MessageSystemAttributeNames: v.optional(v.array(v.string()), []),
});
const answerSchema = v.object({
  Messages: v.optional(v.array(v.looseObject({ ReceiptHandle: v.string() })), []),
});

/**
 * Long polls as SQS has them, made of short ones. The emulator's own wait until there are as many messages as were
 * asked for, where SQS answers as soon as it has one; and they take messages for consumers that have hung up.
 */
export function createLongPolls(handle: SqsRequestHandler, giveBack: GiveBack): LongPolls {
  let [woken, wake] = newSignal();
  return {
    wake: () => {
      wake();
      [woken, wake] = newSignal();
    },
    receive: async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const { WaitTimeSeconds, MessageSystemAttributeNames, ...poll } = v.parse(
        pollSchema,
        JSON.parse(Buffer.concat(chunks).toString('utf8')),
      );
      const AttributeNames = MessageSystemAttributeNames;
      const body = Buffer.from(JSON.stringify({ AttributeNames, ...poll, WaitTimeSeconds: 0 }));
      const until = Date.now() + WaitTimeSeconds * 1000;
      while (!request.socket.destroyed) {
        const news = woken;
        const answer = await receiveOnce(handle, request, body);
        const handles = handlesIn(answer);
        // The emulator is at a short poll for some ms, in which the consumer may hang up.
        if (request.socket.destroyed && handles.length > 0) await giveBack(poll.QueueUrl, handles);
        else if (answer.status !== 200 || handles.length > 0 || Date.now() >= until) {
          response.writeHead(answer.status, answer.headers).end(answer.body || '{}');
          return;
        }
        await Promise.race([news, new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
      }
    },
  };
}

function newSignal(): readonly [Promise<void>, () => void] {
  const { promise, resolve } = Promise.withResolvers<void>();
  return [promise, resolve];
}

function receiveOnce(handle: SqsRequestHandler, request: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve) => {
    const response = new ServerResponse(request);
    const end = (answer = '') =>
      resolve({ status: response.statusCode, headers: response.getHeaders(), body: answer });
    handle(withBody(request, body), Object.assign(response, { end }));
  });
}

function handlesIn({ body }: Answer): readonly string[] {
  return v.parse(answerSchema, JSON.parse(body || '{}')).Messages.map(({ ReceiptHandle }) => ReceiptHandle);
}

function withBody({ method, url, httpVersion, socket, headers }: IncomingMessage, body: Buffer) {
  return Object.assign(Readable.from([body]), {
    headers: { ...headers, 'content-length': String(body.length) },
    method,
    url,
    httpVersion,
    socket,
  }) as IncomingMessage;
}
