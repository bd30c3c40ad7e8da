import { createHash } from 'node:crypto';

/** Characters that wait for the hash. */
const UNHASHED = 16_384;

/** What happened, in order. Its hash tells two runs apart that differ in one octet. */
export class Trace {
  readonly #hash = createHash('sha256');
  readonly #now: () => number;
  /** Every line, or undefined when only the hash is kept. */
  readonly lines: string[] | undefined;
  #count = 0;
  /** Lines that are not in the hash yet: one call for many takes less time than many calls. */
  #unhashed = '';

  constructor(now: () => number, keepsLines: boolean) {
    this.#now = now;
    this.lines = keepsLines ? [] : undefined;
  }

  /** @param octets go into the hash, and stand in the line by their number only */
  note(machine: string, what: string, octets?: Uint8Array): void {
    const line = `${this.#now().toFixed(3)} ${machine} ${what}`;
    this.#unhashed += `${line}\n`;
    if (octets !== undefined) this.#hashLines().update(octets);
    else if (this.#unhashed.length > UNHASHED) this.#hashLines();
    this.#count += 1;
    this.lines?.push(octets === undefined ? line : `${line} ${octets.length} octets`);
  }

  /** Says more about the last line, for those who read it. */
  explain(what: () => string): void {
    this.lines?.push(`    ${what()}`);
  }

  get count(): number {
    return this.#count;
  }

  /** Of all lines so far, in hexadecimal. */
  get hash(): string {
    return this.#hashLines().copy().digest('hex');
  }

  #hashLines() {
    this.#hash.update(this.#unhashed);
    this.#unhashed = '';
    return this.#hash;
  }
}
