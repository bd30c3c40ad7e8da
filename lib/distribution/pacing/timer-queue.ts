/**
 * Entries with times, taken earliest first. Times are ms of any clock. Entries that are added in the order of
 * their times stand in a line, which is faster than the heap of the others.
 */
export class TimerQueue<T> {
  readonly #heap = new TimerHeap<T>();
  readonly #line = new TimerLine<T>();

  get size(): number {
    return this.#heap.size + this.#line.size;
  }

  /** The time of the earliest entry; infinite when there is none. */
  get nextAt(): number {
    return Math.min(this.#line.nextAt, this.#heap.nextAt);
  }

  /** The earliest entry, which stays; undefined when there is none. */
  peek(): T | undefined {
    return this.#isLineFirst ? this.#line.peek() : this.#heap.peek();
  }

  add(at: number, entry: T): void {
    this.#heap.add(at, entry);
  }

  /** As `add`, and faster where each time equals the one before or is later. */
  addInOrder(at: number, entry: T): void {
    if (at >= this.#line.lastAt) this.#line.add(at, entry);
    else this.#heap.add(at, entry);
  }

  /** Takes the earliest entry out; undefined when there is none. */
  take(): T | undefined {
    return this.#isLineFirst ? this.#line.take() : this.#heap.take();
  }

  get #isLineFirst(): boolean {
    return this.#line.nextAt <= this.#heap.nextAt;
  }
}

/** A binary heap. Times and entries stand in two arrays, so that no object is allocated for a pair. */
class TimerHeap<T> {
  readonly #times: number[] = [];
  readonly #entries: T[] = [];

  get size(): number {
    return this.#times.length;
  }

  get nextAt(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  peek(): T | undefined {
    return this.#entries[0];
  }

  add(at: number, entry: T): void {
    this.#times.push(at);
    this.#entries.push(entry);
    this.#siftUp(this.#times.length - 1, at, entry);
  }

  take(): T | undefined {
    const first = this.#entries[0];
    const at = this.#times.pop();
    const last = this.#entries.pop();
    if (at !== undefined && this.#times.length > 0) this.#siftDown(at, last as T);
    return first;
  }

  /** Puts an entry at `from` or, past all later ones above it, nearer to the root. */
  #siftUp(from: number, at: number, entry: T): void {
    const times = this.#times;
    const entries = this.#entries;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const time = times[parent] as number;
      if (time <= at) break;
      times[index] = time;
      entries[index] = entries[parent] as T;
      index = parent;
    }
    times[index] = at;
    entries[index] = entry;
  }

  /** Puts an entry at the root or, past all earlier ones below it, farther down. */
  #siftDown(at: number, entry: T): void {
    const times = this.#times;
    const entries = this.#entries;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= times.length) break;
      if (child + 1 < times.length && (times[child + 1] as number) < (times[child] as number)) child++;
      const time = times[child] as number;
      if (time >= at) break;
      times[index] = time;
      entries[index] = entries[child] as T;
      index = child;
    }
    times[index] = at;
    entries[index] = entry;
  }
}

/**
 * The arrays of a line are shortened when at least half of them, and at least this number, has been taken.
 */
const MIN_TAKEN = 1024;

/** Entries that are taken in the order in which they were added. */
class TimerLine<T> {
  #times: number[] = [];
  #entries: (T | undefined)[] = [];
  /** Entries before this index have been taken. */
  #front = 0;

  get size(): number {
    return this.#times.length - this.#front;
  }

  get nextAt(): number {
    return this.#times[this.#front] ?? Number.POSITIVE_INFINITY;
  }

  /** The time of the entry that was added last, while the line is not empty. */
  get lastAt(): number {
    const { length } = this.#times;
    return length === this.#front ? Number.NEGATIVE_INFINITY : (this.#times[length - 1] as number);
  }

  peek(): T | undefined {
    return this.#entries[this.#front];
  }

  add(at: number, entry: T): void {
    this.#times.push(at);
    this.#entries.push(entry);
  }

  take(): T | undefined {
    if (this.#front === this.#times.length) return undefined;
    const first = this.#entries[this.#front];
    this.#entries[this.#front] = undefined;
    this.#front++;
    const { length } = this.#times;
    if (this.#front === length || (this.#front >= MIN_TAKEN && 2 * this.#front >= length)) {
      this.#times = this.#times.slice(this.#front);
      this.#entries = this.#entries.slice(this.#front);
      this.#front = 0;
    }
    return first;
  }
}
