import { timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';
import { KeysError } from './errors.ts';

/**
 * The octets of a key (MUK, MRK, MSK, MTK, Ks_NAF, …) in a type that can't be printed, serialised or
 * logged by accident: string conversion, JSON and `util.inspect` all give only the length.
 */
export class SecretKey {
  readonly #octets: Uint8Array;

  /** Copies `octets`, so that a later change or wipe of the caller's buffer has no effect here. */
  constructor(octets: Uint8Array) {
    this.#octets = Uint8Array.from(octets);
  }

  /** Length in octets. */
  get length(): number {
    return this.#octets.length;
  }

  /** The octets themselves, for a cryptographic primitive or for sealing; not a copy: do not keep or change. */
  exposeOctets(): Uint8Array {
    return this.#octets;
  }

  /** Whether both keys hold the same octets, compared in constant time. */
  equals(other: SecretKey): boolean {
    return this.length === other.length && timingSafeEqual(this.#octets, other.#octets);
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

/**
 * A key from hexadecimal digits, of exactly `length` octets.
 * @throws KeysError `bad-hex` or `bad-length`; the message never repeats the digits.
 */
export function secretKeyFromHex(hex: string, length: number): SecretKey {
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new KeysError('bad-hex', 'a key must be hexadecimal digits');
  if (hex.length !== length * 2) {
    throw new KeysError('bad-length', `the key must have ${length} octets, not ${hex.length / 2}`);
  }
  return new SecretKey(Buffer.from(hex, 'hex'));
}
