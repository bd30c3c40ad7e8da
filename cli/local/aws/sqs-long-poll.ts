import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import * as v from 'valibot';

/** What the SQS emulator takes requests by. */
export type SqsRequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Makes messages that were received visible again at once. */
export type GiveBack = (queueUrl: string, receiptHandles: readonly string[]) => Promise<unknown>;

const pollSchema = v.looseObject({ QueueUrl: v.string(), WaitTimeSeconds: v.optional(v.number(), 0) });
const answerSchema = v.object({
  Messages: v.optional(v.array(v.looseObject({ ReceiptHandle: v.string() })), []),
});

/**
 * Answers ReceiveMessage as SQS does where its emulator does not. The emulator holds a long poll until it has as many
 * messages as were asked for; SQS answers as soon as it has one: so a long poll for many is handed on as one for one
 * message. And the emulator gives messages to a consumer that has hung up, where they would stay until their visibility
 * timeout: they are given back.
 */
export async function receiveMessage(
  request: IncomingMessage,
  response: ServerResponse,
  handle: SqsRequestHandler,
  giveBack: GiveBack,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  const { success, output: poll } = v.safeParse(pollSchema, JSON.parse(body.toString('utf8')));
  if (!success) return void handle(withBody(request, body), response);
  const end = response.end.bind(response);
  Object.assign(response, {
    end: (answer?: string) => {
      const { Messages } = v.parse(answerSchema, JSON.parse(answer || '{}'));
      const handles = Messages.map(({ ReceiptHandle }) => ReceiptHandle);
      if (request.socket.destroyed && handles.length > 0) void giveBack(poll.QueueUrl, handles);
      return end(answer);
    },
  });
  const isLongPoll = poll.WaitTimeSeconds !== 0;
  const one = isLongPoll ? Buffer.from(JSON.stringify({ ...poll, MaxNumberOfMessages: 1 })) : body;
  handle(withBody(request, one), response);
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
