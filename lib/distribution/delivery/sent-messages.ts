/** Octets of RAND in each message (RFC 3830 §6.11: at least 16). */
export const RAND_LENGTH = 16;

/** A message that was sent. */
export interface SentMessage {
  readonly counter: number;
  /** When it was sent, in ms of a clock that does not go back. */
  readonly at: number;
  /** 16 octets */
  readonly rand: Uint8Array;
}

/** The messages that the UEs of one order were sent, each UE by its number in the order. */
export class SentMessages {
  readonly #tried: Uint32Array;
  // The last message of each UE; mostly it is the only one.
  readonly #counters: Uint32Array;
  readonly #at: Float64Array;
  readonly #rands: Uint8Array;
  /** Those before the last. */
  readonly #earlier = new Map<number, readonly SentMessage[]>();

  constructor(ues: number) {
    this.#tried = new Uint32Array(ues);
    this.#counters = new Uint32Array(ues);
    this.#at = new Float64Array(ues);
    this.#rands = new Uint8Array(ues * RAND_LENGTH);
  }

  /** Messages to the UE so far. */
  tried(ue: number): number {
    return this.#tried[ue] ?? 0;
  }

  /**
   * Remembers a message: an answer to an earlier one may still come, and confirms the delivery as well. Its
   * RAND stands in `rands` from `randAt` on, and is copied.
   */
  remember(ue: number, counter: number, at: number, rands: Uint8Array, randAt: number): void {
    const tried = this.tried(ue);
    if (tried > 0) {
      const { rand, ...last } = this.#last(ue);
      this.#earlier.set(ue, [...this.#earlierTo(ue), { ...last, rand: rand.slice() }]);
    }
    this.#tried[ue] = tried + 1;
    this.#counters[ue] = counter;
    this.#at[ue] = at;
    const to = ue * RAND_LENGTH;
    for (let octet = 0; octet < RAND_LENGTH; octet++)
      this.#rands[to + octet] = rands[randAt + octet] as number;
  }

  /** The message to the UE with this counter. */
  sent(ue: number, counter: number): SentMessage | undefined {
    if (this.tried(ue) > 0 && this.#counters[ue] === counter) return this.#last(ue);
    return this.#earlierTo(ue).find((message) => message.counter === counter);
  }

  /** When that message was sent; undefined: it was not. Makes nothing: each answer comes here. */
  sentAt(ue: number, counter: number): number | undefined {
    if (this.tried(ue) > 0 && this.#counters[ue] === counter) return this.#at[ue];
    return this.sent(ue, counter)?.at;
  }

  #earlierTo(ue: number): readonly SentMessage[] {
    return this.#earlier.get(ue) ?? [];
  }

  #last(ue: number): SentMessage {
    const from = ue * RAND_LENGTH;
    const rand = this.#rands.subarray(from, from + RAND_LENGTH);
    return { counter: this.#counters[ue] ?? 0, at: this.#at[ue] ?? 0, rand };
  }
}
