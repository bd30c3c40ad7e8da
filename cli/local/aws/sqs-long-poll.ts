import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/**
 * The SQS emulator holds a long poll until it has as many messages as were asked for; SQS answers as soon
 * as it has one. So a long poll for many is handed on as a long poll for one.
 */
export async function answerAtFirstMessage(request: IncomingMessage): Promise<IncomingMessage> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const input: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  const isLongPoll =
    typeof input === 'object' && input !== null && 'WaitTimeSeconds' in input && input.WaitTimeSeconds !== 0;
  const body = JSON.stringify(isLongPoll ? { ...input, MaxNumberOfMessages: 1 } : input);
  const { method, url, httpVersion, socket } = request;
  const headers = { ...request.headers, 'content-length': String(Buffer.byteLength(body)) };
  return Object.assign(Readable.from([Buffer.from(body)]), {
    headers,
    method,
    url,
    httpVersion,
    socket,
  }) as IncomingMessage;
}
