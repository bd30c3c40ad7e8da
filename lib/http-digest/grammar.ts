import { DigestError } from './errors.ts';

/** auth-params by their names in lower case. */
export type AuthParams = ReadonlyMap<string, string>;

/** A challenge of any scheme: the scheme in lower case, and the parameters, none when it has a token68. */
export interface SchemeAndParams {
  readonly scheme: string;
  readonly hasToken68: boolean;
  readonly params: AuthParams;
}

/** The longest Digest header that is parsed, in characters; an honest one has a tenth of it. */
export const MAX_HEADER_LENGTH = 8192;

// RFC 9110 §5.6.2 token, §5.6.4 quoted-string, §11.2 token68; each is matched at one position of the text.
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const QUOTED = /"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const SPACE = /[ \t]*/y;
const COMMAS = /[ \t,]*/y;

/** The characters of a quoted-string: no control characters, so that a value never ends the header line. */
const QUOTABLE = /^[\t -~\x80-\xff]*$/;

/**
 * The parameters of one set of credentials, `Digest name=value, …` (RFC 9110 §11.4).
 * @throws DigestError `malformed`, `too-long`, `duplicate-parameter`
 */
export function parseCredentials(header: string): AuthParams {
  const [only, ...others] = parseSchemes(header);
  if (only === undefined || others.length > 0) {
    throw new DigestError('malformed', 'there must be one set of credentials');
  }
  if (only.scheme !== 'digest') throw new DigestError('malformed', 'the scheme is not Digest');
  return digestParams(only);
}

/** The parameters of a Digest challenge or credentials. @throws DigestError `malformed` for a token68 */
export function digestParams({ hasToken68, params }: SchemeAndParams): AuthParams {
  if (hasToken68) throw new DigestError('malformed', 'Digest has parameters, not a token68');
  return params;
}

/** Parameters without a scheme, as in Authentication-Info. @throws DigestError as `parseCredentials` */
export function parseParams(header: string): AuthParams {
  const cursor = cursorOf(header);
  const params = new Map<string, string>();
  while (!cursor.isAtEnd()) {
    readParam(cursor, params);
    cursor.endElement();
  }
  return params;
}

/**
 * Every challenge of a header (RFC 9110 §11.6.1). A name followed by "=" is a parameter of the challenge
 * before it; any other name starts a new challenge.
 * @throws DigestError `malformed`, `too-long`, `duplicate-parameter`
 */
export function parseSchemes(header: string): SchemeAndParams[] {
  const cursor = cursorOf(header);
  const schemes: { scheme: string; hasToken68: boolean; params: Map<string, string> }[] = [];
  let open: Map<string, string> | undefined;
  while (!cursor.isAtEnd()) {
    const name = cursor.need(TOKEN, 'a token');
    const isSpaced = cursor.match(SPACE) !== '';
    if (open !== undefined && cursor.take('=')) {
      putParam(open, name, readValue(cursor));
    } else {
      const params = new Map<string, string>();
      const hasToken68 = isSpaced && cursor.match(TOKEN68) !== undefined;
      schemes.push({ scheme: name.toLowerCase(), hasToken68, params });
      open = isSpaced && !hasToken68 ? params : undefined;
      if (open !== undefined && !cursor.isAtEndOfElement()) readParam(cursor, open);
    }
    cursor.endElement();
  }
  return schemes;
}

/**
 * Formats `name="value"`, with quoted pairs for quotes and backslashes.
 * @throws DigestError `bad-parameter` when the value has a control character or one above U+00FF
 */
export function quoted(name: string, value: string): string {
  if (!QUOTABLE.test(value)) {
    throw new DigestError('bad-parameter', `the value of ${name} has a character that no header may have`);
  }
  return `${name}="${value.replace(/["\\]/g, '\\$&')}"`;
}

/** The value of a parameter. @throws DigestError `missing-parameter` */
export function needParam(params: AuthParams, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw new DigestError('missing-parameter', `the parameter ${name} is missing`);
  return value;
}

function readParam(cursor: Cursor, params: Map<string, string>): void {
  const name = cursor.need(TOKEN, 'a parameter');
  cursor.match(SPACE);
  if (!cursor.take('=')) throw new DigestError('malformed', `"=" is missing at character ${cursor.position}`);
  putParam(params, name, readValue(cursor));
}

function readValue(cursor: Cursor): string {
  cursor.match(SPACE);
  const text = cursor.match(QUOTED);
  if (text !== undefined) return text.slice(1, -1).replace(/\\(.)/g, '$1');
  return cursor.need(TOKEN, 'a value');
}

function putParam(params: Map<string, string>, name: string, value: string): void {
  const key = name.toLowerCase();
  if (params.has(key)) throw new DigestError('duplicate-parameter', `the parameter ${key} stands twice`);
  params.set(key, value);
}

function cursorOf(header: string): Cursor {
  if (header.length > MAX_HEADER_LENGTH) {
    throw new DigestError('too-long', `the header has more than ${MAX_HEADER_LENGTH} characters`);
  }
  const cursor = new Cursor(header);
  cursor.match(COMMAS);
  return cursor;
}

class Cursor {
  position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    return this.position >= this.#text.length;
  }

  isAtEndOfElement(): boolean {
    return this.isAtEnd() || this.#text[this.position] === ',';
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const text = pattern.exec(this.#text)?.[0];
    if (text !== undefined) this.position += text.length;
    return text;
  }

  need(pattern: RegExp, what: string): string {
    const text = this.match(pattern);
    if (text === undefined)
      throw new DigestError('malformed', `${what} is missing at character ${this.position}`);
    return text;
  }

  take(character: string): boolean {
    if (this.#text[this.position] !== character) return false;
    this.position += 1;
    return true;
  }

  endElement(): void {
    this.match(SPACE);
    if (!this.isAtEndOfElement()) {
      throw new DigestError('malformed', `a comma is missing at character ${this.position}`);
    }
    this.match(COMMAS);
  }
}
