import { createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';
import { KeysError } from './errors.ts';

/** Says that octets belong to keys already, and are not to be copied. */
const TAKEN = Symbol('taken');

/**
 * The octets of a key (MUK, MRK, MSK, MTK, Ks_NAF, …) in a type that can't be printed, serialised or
 * logged by accident: string conversion, JSON and `util.inspect` all give only the length.
 */
export class SecretKey {
  /** Of this key alone, or of many one after another. */
  readonly #octets: Uint8Array;
  readonly #start: number;
  readonly #length: number;

  /** Copies `octets`, so that a later change or wipe of the caller's buffer has no effect here. */
  constructor(octets: Uint8Array, taken?: typeof TAKEN, start = 0, length = octets.length) {
    this.#octets = taken === TAKEN ? octets : new Uint8Array(octets);
    this.#start = start;
    this.#length = length;
  }

  /** Keys of `length` octets each, consecutive in `octets`, which are copied once for all. */
  static many(octets: Uint8Array, length: number): SecretKey[] {
    const copy = new Uint8Array(octets);
    const keys: SecretKey[] = [];
    for (let start = 0; start + length <= copy.length; start += length)
      keys.push(new SecretKey(copy, TAKEN, start, length));
    return keys;
  }

  /** Length in octets. */
  get length(): number {
    return this.#length;
  }

  /**
   * The octets themselves, for a cryptographic primitive or for sealing; not a copy: do not keep or change.
   */
  exposeOctets(): Uint8Array {
    const octets = this.#octets;
    return this.length === octets.length ? octets : octets.subarray(this.#start, this.#start + this.length);
  }

  /**
   * The key for ciphers and MACs of Node, which is not printed either. Node takes it in a fifth of the time
   * that octets take: whether those are a key it asks by an error that it throws and catches.
   */
  exposeKeyObject(): KeyObject {
    return createSecretKey(this.exposeOctets());
  }

  /** Copies the octets to index `at` of `to`, for a primitive that takes many keys; allocates nothing. */
  copyTo(to: Uint8Array, at: number): void {
    const octets = this.#octets;
    const start = this.#start;
    const length = this.#length;
    for (let index = 0; index < length; index++) to[at + index] = octets[start + index] as number;
  }

  /** Whether both keys hold the same octets, compared in constant time. */
  equals(other: SecretKey): boolean {
    return this.length === other.length && timingSafeEqual(this.exposeOctets(), other.exposeOctets());
  }

  /** `[SecretKey, 16 octets]`, never the key. */
  toString(): string {
    return `[SecretKey, ${this.length} octets]`;
  }

  /** As `toString`. */
  toJSON(): string {
    return this.toString();
  }

  /** As `toString`. */
  [inspect.custom](): string {
    return this.toString();
  }
}

/** Keys side by side, which take little more memory than their octets. They can't be printed either. */
export class SecretKeys {
  readonly #octets: Uint8Array;
  /** Where each key ends. */
  readonly #ends: Uint32Array;

  /** Copies the octets of the keys. */
  constructor(keys: readonly SecretKey[]) {
    this.#ends = new Uint32Array(keys.length);
    let end = 0;
    for (let index = 0; index < keys.length; index++) {
      end += (keys[index] as SecretKey).length;
      this.#ends[index] = end;
    }
    this.#octets = new Uint8Array(end);
    for (let index = 0; index < keys.length; index++)
      (keys[index] as SecretKey).copyTo(this.#octets, this.#startOf(index));
  }

  /** A key of its own type, on the same octets. @throws RangeError when there is no key of this index */
  at(index: number): SecretKey {
    const end = this.#ends[index];
    if (end === undefined) throw new RangeError(`key ${index} of ${this.#ends.length}`);
    const start = this.#startOf(index);
    return new SecretKey(this.#octets, TAKEN, start, end - start);
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }
}

/**
 * A key from hexadecimal digits, of exactly `length` octets.
 * @throws KeysError `bad-hex` or `bad-length`; the message never repeats the digits.
 */
export function secretKeyFromHex(hex: string, length: number): SecretKey {
  if (!/^[0-9a-f]*$/i.test(hex)) throw new KeysError('bad-hex', 'a key must be hexadecimal digits');
  if (hex.length !== length * 2) {
    throw new KeysError(
      'bad-length',
      `the key must have ${length * 2} hexadecimal digits, not ${hex.length}`,
    );
  }
  return new SecretKey(Buffer.from(hex, 'hex'));
}
