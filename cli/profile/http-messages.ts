import { UsageError } from '../errors.ts';

/** Octets of a capture at most. */
const MAX_CAPTURE_LENGTH = 4_000_000;

/** Messages of a capture at most. */
const MAX_MESSAGES = 1000;

/** What a capture has: an HTTP message, or a body that stands alone. */
export type CapturedMessage =
  | {
      readonly kind: 'request';
      readonly target: string;
      readonly mediaType: string;
      readonly body: Uint8Array;
    }
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly mediaType: string;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'body'; readonly body: Uint8Array };

const START_LINE =
  /^(?:([A-Z]{1,16}) (\S{1,8000}) HTTP\/1\.[01]|HTTP\/1\.[01] ([0-9]{3})(?: [^\r\n]*)?)\r?\n/;

/**
 * The messages of a capture: one or more of HTTP/1.1, as they stand in a followed TCP stream, or a body
 * alone.
 * @throws UsageError when an HTTP message is cut off, or there are too many
 */
export function messagesOf(capture: Uint8Array): readonly CapturedMessage[] {
  if (capture.length > MAX_CAPTURE_LENGTH)
    throw new UsageError(`a capture has at most ${MAX_CAPTURE_LENGTH} octets, here are ${capture.length}`);
  const text = Buffer.from(capture).toString('latin1');
  if (!START_LINE.test(text)) return [{ kind: 'body', body: capture }];
  const messages: CapturedMessage[] = [];
  let rest = text;
  while (rest.trim() !== '') {
    if (messages.length === MAX_MESSAGES)
      throw new UsageError(`a capture has at most ${MAX_MESSAGES} messages`);
    const { message, length } = firstMessage(rest);
    messages.push(message);
    rest = rest.slice(length);
  }
  return messages;
}

function firstMessage(text: string): { message: CapturedMessage; length: number } {
  const start = START_LINE.exec(text);
  if (start === null) throw new UsageError('what follows an HTTP message in the capture is none');
  const headers = /^[\s\S]*?\r?\n\r?\n/.exec(text)?.[0];
  if (headers === undefined) throw new UsageError('an HTTP message of the capture ends within its headers');
  const after = text.slice(headers.length);
  const { body, length } = bodyOf(headers, after);
  const [, , target, status] = start;
  const octets = Buffer.from(body, 'latin1');
  const mediaType = (headerOf(headers, 'content-type').split(';')[0] ?? '').trim().toLowerCase();
  const message: CapturedMessage =
    status === undefined
      ? { kind: 'request', target: target ?? '', mediaType, body: octets }
      : { kind: 'response', status: Number(status), mediaType, body: octets };
  return { message, length: headers.length + length };
}

/** The body of a message, and how much of the text after its headers it takes. */
function bodyOf(headers: string, after: string): { body: string; length: number } {
  if (/chunked/i.test(headerOf(headers, 'transfer-encoding'))) return chunked(after);
  const declared = headerOf(headers, 'content-length');
  if (/^[0-9]{1,9}$/.test(declared)) {
    const length = Number(declared);
    if (after.length < length)
      throw new UsageError(`the capture has ${after.length} octets of a body of ${length}`);
    return { body: after.slice(0, length), length };
  }
  // Without a length it ends where the next message begins.
  const next = after.search(/^(?:[A-Z]{1,16} \S+ HTTP\/1\.[01]|HTTP\/1\.[01] [0-9]{3})/m);
  const length = next === -1 ? after.length : next;
  return { body: after.slice(0, length), length };
}

/** A body in chunks (RFC 9112 §7.1), without trailers. */
function chunked(text: string): { body: string; length: number } {
  let body = '';
  let at = 0;
  for (;;) {
    const size = /^([0-9a-fA-F]{1,7})(?:;[^\r\n]*)?\r?\n/.exec(text.slice(at, at + 1000));
    if (size === null) throw new UsageError('a body in chunks is cut off or malformed in the capture');
    at += size[0].length;
    const length = Number.parseInt(size[1] ?? '', 16);
    body += text.slice(at, at + length);
    at += length;
    at += /^\r?\n/.exec(text.slice(at, at + 2))?.[0].length ?? 0;
    if (length === 0) return { body, length: at };
  }
}

function headerOf(headers: string, name: string): string {
  const line = headers.split(/\r?\n/).find((each) => each.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim() ?? '';
}
