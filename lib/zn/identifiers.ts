import { randomInt } from 'node:crypto';

const UINT32 = 2 ** 32;

/** Numbers of 32 bits from a random one on (RFC 6733 §3: the Hop-by-Hop Identifier). */
export class HopByHopIds {
  #next = randomInt(UINT32);

  /** The next identifier. */
  next(): number {
    const id = this.#next;
    this.#next = (id + 1) % UINT32;
    return id;
  }
}

/**
 * End-to-End Identifiers (RFC 6733 §3): the low 12 bits of the time in seconds, then 20 bits that start at
 * random. Unique for at least four minutes, also over a restart.
 */
export class EndToEndIds {
  readonly #high = Math.floor(Date.now() / 1000) % 2 ** 12;
  #low = randomInt(2 ** 20);

  /** The next identifier. */
  next(): number {
    this.#low = (this.#low + 1) % 2 ** 20;
    return this.#high * 2 ** 20 + this.#low;
  }
}

/** Session-Ids (RFC 6733 §8.8): `host;seconds of the start;number`, unique for ever. */
export class SessionIds {
  readonly #prefix: string;
  #low = randomInt(2 ** 31);

  /** @param host the DiameterIdentity of the origin */
  constructor(host: string) {
    this.#prefix = `${host};${Math.floor(Date.now() / 1000)}`;
  }

  /** The next identifier. */
  next(): string {
    this.#low = (this.#low + 1) % UINT32;
    return `${this.#prefix};${this.#low}`;
  }
}
