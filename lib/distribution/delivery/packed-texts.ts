/** Texts of many UEs in one array of octets: as strings of their own they would take half as much again. */
export class PackedTexts {
  readonly #octets: Buffer;
  /** Where each text ends. */
  readonly #ends: Uint32Array;
  readonly #encoding: 'latin1' | 'utf8';

  constructor(texts: readonly string[]) {
    const all = texts.join('');
    const length = Buffer.byteLength(all);
    // Of its own: a slice of Node's pool would keep the pool.
    this.#octets = Buffer.allocUnsafeSlow(length);
    this.#octets.write(all, length === all.length ? 'latin1' : 'utf8');
    this.#encoding = length === all.length ? 'latin1' : 'utf8';
    this.#ends = new Uint32Array(texts.length);
    let end = 0;
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index] as string;
      end += this.#encoding === 'latin1' ? text.length : Buffer.byteLength(text);
      this.#ends[index] = end;
    }
  }

  at(index: number): string {
    return this.#octets.toString(this.#encoding, this.#startOf(index), this.#ends[index]);
  }

  /** The text in UTF-8; not a copy. */
  octetsAt(index: number): Uint8Array {
    return this.#octets.subarray(this.#startOf(index), this.#ends[index]);
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }
}
