import { HEADER_LENGTH, MAX_MESSAGE_LENGTH } from './constants.ts';
import { LENGTH_PREFIX, messageLengthOf } from './header.ts';

/**
 * Splits the octets of a connection into messages. Reads may end anywhere. Holds at most one message that is
 * not complete, and copies each octet once.
 */
export class MessageSplitter {
  readonly #maxLength: number;
  readonly #prefix = new Uint8Array(LENGTH_PREFIX);
  /** The message that is being read, once its length is known. */
  #message: Uint8Array | undefined;
  #filled = 0;

  /** @param maxLength octets of a message at most */
  constructor(maxLength = MAX_MESSAGE_LENGTH) {
    this.#maxLength = Math.max(maxLength, HEADER_LENGTH);
  }

  /**
   * The messages that `octets` complete, each whole and a copy.
   * @throws DiameterError `unknown-version`, `bad-message-length`, `too-long`: the rest can't be split, and
   * the connection is to be closed
   */
  *push(octets: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < octets.length; ) {
      const target = this.#message ?? this.#prefix;
      const taken = octets.subarray(at, at + target.length - this.#filled);
      target.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled < target.length) return;
      if (this.#message === undefined) {
        this.#message = new Uint8Array(messageLengthOf(this.#prefix, this.#maxLength));
        this.#message.set(this.#prefix);
      } else {
        const message = this.#message;
        this.#message = undefined;
        this.#filled = 0;
        yield message;
      }
    }
  }
}
