import { DiameterError } from './errors.ts';

/** Writes a message front to back into one growing buffer. */
export class Writer {
  #octets = new Uint8Array(512);
  #length = 0;

  /** Octets written so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * A whole number in 1 to 4 octets, most significant first.
   * @throws DiameterError `bad-value` when it does not fit
   */
  uint(length: 1 | 2 | 3 | 4, value: number, field: string): this {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * length))
      throw new DiameterError('bad-value', { field });
    this.#grow(length);
    for (let shift = 8 * (length - 1); shift >= 0; shift -= 8)
      this.#octets[this.#length++] = Math.floor(value / 2 ** shift) % 256;
    return this;
  }

  /** Octets as they are. */
  octets(octets: Uint8Array): this {
    this.#grow(octets.length);
    this.#octets.set(octets, this.#length);
    this.#length += octets.length;
    return this;
  }

  /** A copy of the octets written so far. */
  toOctets(): Uint8Array {
    return this.#octets.slice(0, this.#length);
  }

  #grow(more: number): void {
    const need = this.#length + more;
    if (need <= this.#octets.length) return;
    const grown = new Uint8Array(Math.max(need, 2 * this.#octets.length));
    grown.set(this.#octets);
    this.#octets = grown;
  }
}
