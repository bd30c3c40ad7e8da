/** The JSON is of another form than the product's items have in DynamoDB's answers: it has to be parsed. */
export class NotAsUsual extends Error {
  override readonly name = 'NotAsUsual';
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const AT = 0x40;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const ZERO = 0x30;
const PADDING = 0x3d;
/** Digits of a number that is exact in any case. */
const MAX_DIGITS = 15;

/** What an octet may be part of. */
const TEXT = 1;
const REALM = 2;
const IMPI_USER = 4;
const BTID_USER = 8;
const CLASSES = Uint8Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCharCode(octet);
  const isText = octet >= 0x20 && octet < 0x7f && octet !== QUOTE && octet !== BACKSLASH;
  if (!isText) return 0;
  return (
    TEXT |
    (/[A-Za-z0-9.-]/.test(character) ? REALM : 0) |
    (/[^\s@]/.test(character) ? IMPI_USER : 0) |
    (/[A-Za-z0-9+/=_.~-]/.test(character) ? BTID_USER : 0)
  );
});

/** Forms of identities that are accepted: those that `parseImpi` and `parseBtid` accept, in ASCII. */
const NAIS = {
  impi: { user: IMPI_USER, maxUser: 252, max: 253 },
  btid: { user: BTID_USER, maxUser: 128, max: 300 },
} as const;

/** The value of each character of Base64; of others, 255. */
const SEXTETS = new Uint8Array(256).fill(255);
for (const [value, octet] of Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
).entries())
  SEXTETS[octet] = value;

/**
 * JSON that is read where it stands. It takes what DynamoDB writes for items of ours: no blanks, ASCII
 * without escapes, and attributes of one value. All else throws NotAsUsual.
 */
export class JsonOctets {
  readonly #octets: Uint8Array;
  readonly #buffer: Buffer;
  #at = 0;
  #nameStart = 0;
  #nameEnd = 0;
  /** Where the text that was read last begins and ends. */
  textStart = 0;
  textEnd = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
    this.#buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  }

  /** Octets of the name of the member that is being read. */
  get nameLength(): number {
    return this.#nameEnd - this.#nameStart;
  }

  isName(name: string): boolean {
    const length = name.length;
    if (this.#nameEnd - this.#nameStart !== length) return false;
    for (let index = 0; index < length; index++)
      if (this.#octets[this.#nameStart + index] !== name.charCodeAt(index)) return false;
    return true;
  }

  /** Calls `read` behind the colon of each member of an object; it reads the value. */
  eachMember(read: () => void): void {
    this.#expect(OPEN_OBJECT);
    if (this.#isNext(CLOSE_OBJECT)) return;
    do {
      this.#readText();
      this.#nameStart = this.textStart;
      this.#nameEnd = this.textEnd;
      this.#expect(COLON);
      read();
    } while (this.#isNext(COMMA));
    this.#expect(CLOSE_OBJECT);
  }

  /** Calls `read` before each element of an array; it reads the element. */
  eachElement(read: () => void): void {
    this.#expect(OPEN_ARRAY);
    if (this.#isNext(CLOSE_ARRAY)) return;
    do read();
    while (this.#isNext(COMMA));
    this.#expect(CLOSE_ARRAY);
  }

  /** Skips any value of matching brackets: what is skipped is not looked at. */
  skipValue(): void {
    const octets = this.#octets;
    let depth = 0;
    do {
      const octet = octets[this.#at];
      if (octet === QUOTE) this.#readText();
      else {
        if (octet === OPEN_OBJECT || octet === OPEN_ARRAY) depth += 1;
        else if (octet === CLOSE_OBJECT || octet === CLOSE_ARRAY) depth -= 1;
        else if (octet === undefined) throw new NotAsUsual();
        this.#at += 1;
      }
      if (depth === 0) {
        const next = octets[this.#at];
        if (next === COMMA || next === CLOSE_OBJECT || next === CLOSE_ARRAY || next === undefined) return;
      }
    } while (depth >= 0);
    throw new NotAsUsual();
  }

  /** Reads an attribute `{"S":"…"}`, of this type; its text stands from `textStart` to `textEnd`. */
  attributeText(type: 'S' | 'N' | 'B'): void {
    this.#expect(OPEN_OBJECT);
    this.#expect(QUOTE);
    this.#expect(type.charCodeAt(0));
    this.#expect(QUOTE);
    this.#expect(COLON);
    this.#readText();
    this.#expect(CLOSE_OBJECT);
  }

  /** Reads an attribute that is a whole number. */
  attributeNumber(): number {
    this.attributeText('N');
    const length = this.textEnd - this.textStart;
    if (length === 0 || length > MAX_DIGITS) throw new NotAsUsual();
    let number = 0;
    for (let at = this.textStart; at < this.textEnd; at++) {
      const digit = (this.#octets[at] as number) - ZERO;
      if (digit < 0 || digit > 9) throw new NotAsUsual();
      number = number * 10 + digit;
    }
    return number;
  }

  /** Reads an attribute that is true or false. */
  attributeTruth(): boolean {
    const isTrue = this.#isWord('{"BOOL":true}');
    if (!isTrue && !this.#isWord('{"BOOL":false}')) throw new NotAsUsual();
    return isTrue;
  }

  /** Reads an attribute that is a set of texts. */
  attributeTexts(): string[] {
    if (!this.#isWord('{"SS":')) throw new NotAsUsual();
    const texts: string[] = [];
    this.eachElement(() => {
      this.#readText();
      texts.push(this.text(this.textStart, this.textEnd));
    });
    this.#expect(CLOSE_OBJECT);
    return texts;
  }

  text(start: number, end: number): string {
    return this.#buffer.toString('latin1', start, end);
  }

  /** Throws unless nothing follows. */
  expectEnd(): void {
    if (this.#at !== this.#octets.length) throw new NotAsUsual();
  }

  /** Throws unless the text is an identity of this form. */
  expectNai(start: number, end: number, form: keyof typeof NAIS): void {
    const { user, maxUser, max } = NAIS[form];
    const octets = this.#octets;
    let at = start;
    while (at < end && ((CLASSES[octets[at] as number] as number) & user) !== 0) at++;
    const userLength = at - start;
    if (userLength === 0 || userLength > maxUser || octets[at] !== AT) throw new NotAsUsual();
    at += 1;
    if (at >= end || end - start > max) throw new NotAsUsual();
    while (at < end && ((CLASSES[octets[at] as number] as number) & REALM) !== 0) at++;
    if (at !== end) throw new NotAsUsual();
  }

  /** Whether the text from `start` to `end` is `first` and then the text from `restStart` to `restEnd`. */
  isJoined(start: number, end: number, first: Uint8Array, restStart: number, restEnd: number): boolean {
    const octets = this.#octets;
    const rest = start + first.length;
    if (end - rest !== restEnd - restStart) return false;
    for (let index = 0; index < first.length; index++)
      if (octets[start + index] !== first[index]) return false;
    for (let index = 0; index < restEnd - restStart; index++)
      if (octets[rest + index] !== octets[restStart + index]) return false;
    return true;
  }

  /** Decodes Base64 to `to` from `at` on. @returns where the octets end */
  decodeBase64(start: number, end: number, to: Uint8Array, at: number): number {
    const octets = this.#octets;
    if ((end - start) % 4 !== 0) throw new NotAsUsual();
    let last = end;
    while (last > start && last > end - 2 && octets[last - 1] === PADDING) last -= 1;
    let bits = 0;
    let held = 0;
    let next = at;
    for (let index = start; index < last; index++) {
      const sextet = SEXTETS[octets[index] as number] as number;
      if (sextet === 255) throw new NotAsUsual();
      held = ((held << 6) | sextet) & 0xffff;
      bits += 6;
      if (bits < 8) continue;
      bits -= 8;
      to[next] = held >> bits;
      next += 1;
    }
    return next;
  }

  #expect(octet: number): void {
    if (this.#octets[this.#at] !== octet) throw new NotAsUsual();
    this.#at += 1;
  }

  #isNext(octet: number): boolean {
    if (this.#octets[this.#at] !== octet) return false;
    this.#at += 1;
    return true;
  }

  #isWord(word: string): boolean {
    for (let index = 0; index < word.length; index++)
      if (this.#octets[this.#at + index] !== word.charCodeAt(index)) return false;
    this.#at += word.length;
    return true;
  }

  /** Reads a text in quotes. */
  #readText(): void {
    this.#expect(QUOTE);
    const octets = this.#octets;
    let at = this.#at;
    while (((CLASSES[octets[at] as number] as number) & TEXT) !== 0) at++;
    if (octets[at] !== QUOTE) throw new NotAsUsual();
    this.textStart = this.#at;
    this.textEnd = at;
    this.#at = at + 1;
  }
}
