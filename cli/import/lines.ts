/** One line of a file, numbered from 1, without its end; or why it can't be read. */
export type Line = { readonly number: number } & (
  | { readonly text: string; readonly fault?: undefined }
  | { readonly text?: undefined; readonly fault: string }
);

/** Octets of a line, at most: no row needs more, and what is no table has perhaps no end of line at all. */
export const MAX_LINE_LENGTH = 65_536;

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * The lines of a stream in UTF-8, which end in LF or CRLF. It holds one line and one chunk at a time. A line
 * that is too long or no UTF-8 is a fault, and the next one is read again.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 0;
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array) => {
    length += part.length;
    if (length <= MAX_LINE_LENGTH) parts.push(part);
    else parts = [];
  };
  const end = (): Line => {
    number += 1;
    const line = length > MAX_LINE_LENGTH ? tooLong(number) : decoded(number, Buffer.concat(parts));
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, at));
      yield end();
      start = at + 1;
    }
    if (start < chunk.length) take(chunk.slice(start));
  }
  if (length > 0) yield end();
}

function tooLong(number: number): Line {
  return { number, fault: `the line is longer than ${MAX_LINE_LENGTH} octets` };
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(number: number, octets: Uint8Array): Line {
  try {
    const text = UTF_8.decode(octets);
    const withoutMark = number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    return { number, text: withoutMark.endsWith('\r') ? withoutMark.slice(0, -1) : withoutMark };
  } catch {
    return { number, fault: 'the line is no UTF-8' };
  }
}
