/** The array is shortened when at least half of it, and at least this number of entries, has been taken. */
const MIN_TAKEN = 64;

/** Entries that are taken in the order in which they were added. Each operation takes constant time. */
export class Fifo<T> {
  #entries: (T | undefined)[] = [];
  /** Entries before this index have been taken. */
  #front = 0;

  get size(): number {
    return this.#entries.length - this.#front;
  }

  /** The first entry, which stays; undefined when there is none. */
  peek(): T | undefined {
    return this.#entries[this.#front];
  }

  add(entry: T): void {
    this.#entries.push(entry);
  }

  /** Takes the first entry out; undefined when there is none. */
  take(): T | undefined {
    if (this.size === 0) return undefined;
    const entry = this.#entries[this.#front];
    this.#entries[this.#front] = undefined;
    this.#front += 1;
    if (this.#front >= MIN_TAKEN && this.#front * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#front);
      this.#front = 0;
    }
    return entry;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let index = this.#front; index < this.#entries.length; index++) yield this.#entries[index] as T;
  }
}
