import { DigestError } from './errors.ts';

/** auth-params by their names in lower case. */
export type AuthParams = ReadonlyMap<string, string>;

/** Characters that any header of Digest may have here; an honest one has a tenth of them. */
const MAX_LENGTH = 8192;

// RFC 9110 §5.6.2 token, §5.6.4 quoted-string; each is tried at one place of the text.
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const QUOTED = /"((?:[\t !#-[\]-~\x80-\uffff]|\\[\t -~\x80-\uffff])*)"/y;
const SPACE = /[ \t]*/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*[ \t]*(?:,|$)/y;

/** A challenge of any scheme: parameters, or undefined where it has a token68 or none. */
export interface SchemeAndParams {
  readonly scheme: string;
  readonly params: AuthParams;
}

/**
 * The parameters of one set of credentials, `Digest name=value, …` (RFC 9110 §11.4).
 * @throws DigestError `malformed`, `too-long`, `duplicate-parameter`
 */
export function parseCredentials(header: string): AuthParams {
  const [only, ...others] = parseSchemes(header);
  if (only === undefined || others.length > 0)
    throw new DigestError('malformed', 'there must be one set of credentials');
  if (only.scheme !== 'digest') throw new DigestError('malformed', 'the scheme is not Digest');
  return only.params;
}

/** Parameters that stand alone, as in Authentication-Info. @throws DigestError as `parseCredentials` */
export function parseParams(header: string): AuthParams {
  return parseCredentials(`Digest ${header}`);
}

/**
 * Every challenge of a header, which may hold several (RFC 9110 §11.6.1); schemes in lower case.
 * @throws DigestError `malformed`, `too-long`, `duplicate-parameter`
 */
export function parseSchemes(header: string): SchemeAndParams[] {
  if (header.length > MAX_LENGTH)
    throw new DigestError('too-long', `the header has more than ${MAX_LENGTH} characters`);
  const cursor = new Cursor(header);
  const schemes: { scheme: string; params: Map<string, string> }[] = [];
  cursor.skipCommas();
  while (!cursor.isAtEnd()) {
    const name = cursor.need(TOKEN, 'a token').toLowerCase();
    const current = schemes.at(-1);
    const afterName = cursor.position;
    cursor.match(SPACE);
    if (current !== undefined && cursor.take('=')) {
      putParam(current.params, name, readValue(cursor));
    } else {
      const scheme = { scheme: name, params: new Map<string, string>() };
      schemes.push(scheme);
      if (cursor.position > afterName && readsToken68(cursor)) continue;
      readFirstParam(cursor, scheme.params);
    }
    if (!cursor.endsElement())
      throw new DigestError('malformed', `a comma is missing at character ${cursor.position}`);
  }
  return schemes;
}

/** `name="value"`, with quoted pairs where they are needed. */
export function quoted(name: string, value: string): string {
  return `${name}="${value.replace(/["\\]/g, '\\$&')}"`;
}

/** The value of a parameter. @throws DigestError `missing-parameter` */
export function needParam(params: AuthParams, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw new DigestError('missing-parameter', `the parameter ${name} is missing`);
  return value;
}

function readFirstParam(cursor: Cursor, params: Map<string, string>): void {
  const before = cursor.position;
  const name = cursor.match(TOKEN);
  if (name === undefined) return;
  cursor.match(SPACE);
  if (!cursor.take('=')) {
    cursor.position = before;
    throw new DigestError('malformed', `"=" is missing at character ${before}`);
  }
  putParam(params, name.toLowerCase(), readValue(cursor));
}

/** A token68 is skipped, whether or not its scheme is known: Digest has none. */
function readsToken68(cursor: Cursor): boolean {
  const before = cursor.position;
  const text = cursor.match(TOKEN68);
  if (text === undefined || /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*=[^=, \t]/.test(text)) {
    cursor.position = before;
    return false;
  }
  cursor.skipCommas();
  return true;
}

function readValue(cursor: Cursor): string {
  cursor.match(SPACE);
  const text = cursor.match(QUOTED);
  if (text !== undefined) return text.slice(1, -1).replace(/\\(.)/gs, '$1');
  return cursor.need(TOKEN, 'a value');
}

function putParam(params: Map<string, string>, name: string, value: string): void {
  if (params.has(name)) throw new DigestError('duplicate-parameter', `the parameter ${name} stands twice`);
  params.set(name, value);
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

  skipCommas(): void {
    this.match(/[ \t,]*/y);
  }

  endsElement(): boolean {
    this.match(SPACE);
    if (this.isAtEnd()) return true;
    if (!this.take(',')) return false;
    this.skipCommas();
    return true;
  }
}
