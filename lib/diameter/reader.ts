import { DiameterError, type DiameterErrorCode } from './errors.ts';

/** Reads a message front to back and checks each length first. */
export class Reader {
  readonly #octets: Uint8Array;
  readonly #end: number;
  #offset: number;

  constructor(octets: Uint8Array, offset = 0, end = octets.length) {
    this.#octets = octets;
    this.#offset = offset;
    this.#end = end;
  }

  /** The position of the next octet in the whole message. */
  get offset(): number {
    return this.#offset;
  }

  /** Octets that are left. */
  get left(): number {
    return this.#end - this.#offset;
  }

  /** The next `length` octets, a copy. @throws DiameterError `truncated` */
  take(length: number, field: string): Uint8Array {
    this.#need(length, field);
    const taken = this.#octets.slice(this.#offset, this.#offset + length);
    this.#offset += length;
    return taken;
  }

  /** A whole number of 1 to 4 octets, most significant first. @throws DiameterError `truncated` */
  uint(length: 1 | 2 | 3 | 4, field: string): number {
    this.#need(length, field);
    let value = 0;
    for (let octet = 0; octet < length; octet++) value = value * 256 + (this.#octets[this.#offset++] ?? 0);
    return value;
  }

  /** @throws DiameterError `truncated` */
  skip(length: number, field: string): void {
    this.#need(length, field);
    this.#offset += length;
  }

  /** @throws DiameterError with the position of the next octet */
  refuse(code: DiameterErrorCode, field: string): never {
    throw new DiameterError(code, { field, offset: this.#offset });
  }

  #need(need: number, field: string): void {
    if (need > this.left)
      throw new DiameterError('truncated', { field, offset: this.#offset, need, have: this.left });
  }
}
