import { MikeyError, type MikeyErrorCode } from './errors.ts';

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

  /** The next `length` octets, a copy. @throws MikeyError `truncated` */
  take(length: number, field: string): Uint8Array {
    this.#need(length, field);
    const taken = this.#octets.slice(this.#offset, this.#offset + length);
    this.#offset += length;
    return taken;
  }

  /** A whole number of `length` octets, 1 to 4, most significant first. @throws MikeyError `truncated` */
  uint(length: 1 | 2 | 4, field: string): number {
    return this.take(length, field).reduce((value, octet) => value * 256 + octet, 0);
  }

  /** A reader of just the next `length` octets. @throws MikeyError `truncated` */
  sub(length: number, field: string): Reader {
    this.#need(length, field);
    const sub = new Reader(this.#octets, this.#offset, this.#offset + length);
    this.#offset += length;
    return sub;
  }

  /** @throws MikeyError `trailing-octets` unless everything is read */
  end(field: string): void {
    if (this.left > 0) throw new MikeyError('trailing-octets', { field, offset: this.#offset });
  }

  /** @throws MikeyError with the position of the next octet */
  refuse(code: MikeyErrorCode, field: string): never {
    throw new MikeyError(code, { field, offset: this.#offset });
  }

  #need(need: number, field: string): void {
    if (need > this.left)
      throw new MikeyError('truncated', { field, offset: this.#offset, need, have: this.left });
  }
}
