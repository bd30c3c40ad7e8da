/** Octets of RAND in each message (RFC 3830 §6.11: at least 16). */
export const RAND_LENGTH = 16;

/** A message that was sent. */
export interface SentMessage {
  readonly counter: number;
  /** When it was sent, in ms of a clock that does not go back. */
  readonly at: number;
  /** The RANDs of a whole batch, and where in it the message's stands. */
  readonly rands: Uint8Array;
  readonly randAt: number;
}

const NONE: readonly SentMessage[] = [];
const NO_OCTETS = new Uint8Array(0);

/**
 * The messages that one UE was sent. A flight extends this class, and has no field of it: there are as many
 * as UEs wait for an answer, and one more object for each would be felt.
 */
export class SentMessages {
  #tried = 0;
  // The last message: mostly it is the only one, and an object of its own would take half as much again.
  #counter = 0;
  #at = 0;
  #rands: Uint8Array = NO_OCTETS;
  #randAt = 0;
  #earlier = NONE;

  /** Messages so far. */
  get tried(): number {
    return this.#tried;
  }

  /**
   * Remembers a message: an answer to an earlier one may still come, and confirms the delivery as well. Its
   * RAND stands in `rands` from `randAt` on, for a small array of octets would take ten times the memory.
   */
  remember(counter: number, at: number, rands: Uint8Array, randAt: number): void {
    if (this.#tried > 0) this.#earlier = [...this.#earlier, this.#lastSent()];
    this.#tried += 1;
    this.#counter = counter;
    this.#at = at;
    this.#rands = rands;
    this.#randAt = randAt;
  }

  /** The message with this counter. */
  sent(counter: number): SentMessage | undefined {
    if (this.#tried > 0 && this.#counter === counter) return this.#lastSent();
    return this.#earlier.find((message) => message.counter === counter);
  }

  #lastSent(): SentMessage {
    return { counter: this.#counter, at: this.#at, rands: this.#rands, randAt: this.#randAt };
  }
}
