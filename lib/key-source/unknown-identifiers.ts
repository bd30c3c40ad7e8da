import type { Btid } from '../gba/btid.ts';

/** Identifiers that the network does not know, each for a time; the oldest makes room for a new one. */
export class UnknownIdentifiers {
  readonly #keptMs: number;
  readonly #max: number;
  /** When each is forgotten, ms since the epoch; in the order of time. */
  readonly #until = new Map<Btid, number>();

  /** @param max how many are kept at most */
  constructor(keptMs: number, max: number) {
    this.#keptMs = keptMs;
    this.#max = max;
  }

  add(identifier: Btid, now: number): void {
    if (this.#keptMs <= 0) return;
    this.#until.delete(identifier);
    this.#until.set(identifier, now + this.#keptMs);
    const [oldest] = this.#until.keys();
    if (this.#until.size > this.#max && oldest !== undefined) this.#until.delete(oldest);
  }

  has(identifier: Btid, now: number): boolean {
    const until = this.#until.get(identifier);
    if (until !== undefined && until > now) return true;
    this.#until.delete(identifier);
    return false;
  }
}
