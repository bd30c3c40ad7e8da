import { TimerQueue } from './timer-queue.ts';
import { TokenBucket } from './token-bucket.ts';

/** How fast the messages of one send queue go out from this sender. */
export interface SendQueuePacing {
  /** Messages a second; undefined: as fast as the sender. */
  readonly perSecond: number | undefined;
  /** Messages a second to one prefix; undefined: any number. */
  readonly perPrefixPerSecond: number | undefined;
}

/** An entry of a send queue. */
export interface SendQueueEntry {
  /** The network prefix that the message goes to. */
  readonly prefix: string;
  /**
   * False when nothing is to be sent any more: the UE has answered or is given up. The entry then needs no
   * token.
   */
  readonly isToBeSent: () => boolean;
}

/** Entries with times in ms, and the order in which those that are due are taken. */
export interface DueQueue<T> {
  readonly size: number;
  /** When `take` next returns an entry; infinite when it has none. */
  readonly nextAt: number;
  /** The entry that `take` would return. */
  readonly peek: () => T | undefined;
  readonly add: (at: number, entry: T) => void;
  /** As `add`, and faster where each time equals the one before or is later. */
  readonly addInOrder: (at: number, entry: T) => void;
  readonly take: () => T | undefined;
}

/** The entries to a prefix that has no tokens: they wait in a line of their own, and hold up no others. */
interface PrefixLine<T> {
  readonly bucket: TokenBucket;
  readonly waiting: T[];
  /** Entries before this index have been taken. */
  first: number;
}

/**
 * Prefixes that one send queue remembers. When there are more, those for which nothing waits are forgotten.
 */
const MAX_PREFIXES = 65_536;

/**
 * The messages of one push that wait for their time and for tokens. Times are ms of a clock that does not go
 * back.
 */
export class SendQueue<T extends SendQueueEntry> {
  /** Messages a second; undefined: as fast as the sender. */
  readonly perSecond: number | undefined;
  /** UEs that have been sent nothing yet; the caller keeps this count. */
  unsent = 0;
  /** When an entry was last taken, or the queue opened. */
  usedAt = 0;
  readonly #perPrefixPerSecond: number | undefined;
  readonly #bucket: TokenBucket;
  /** Entries whose time has not come, or which have not been looked at since. */
  readonly #timers: DueQueue<T>;
  readonly #lines = new Map<string, PrefixLine<T>>();
  /** Each line with entries, and when its first may go. */
  readonly #lineTimers = new TimerQueue<PrefixLine<T>>();
  #entriesInLines = 0;

  /** @param entries the earliest entry is taken first, unless this takes them in another order */
  constructor(
    { perSecond, perPrefixPerSecond }: SendQueuePacing,
    entries: DueQueue<T> = new TimerQueue<T>(),
  ) {
    this.#timers = entries;
    this.perSecond = perSecond;
    this.#perPrefixPerSecond = perPrefixPerSecond;
    this.#bucket = new TokenBucket(perSecond ?? Number.POSITIVE_INFINITY);
  }

  get size(): number {
    return this.#timers.size + this.#entriesInLines;
  }

  /**
   * When it is worth looking for entries again; infinite when the queue is empty. Where messages wait for
   * tokens, those of some ms are gathered.
   */
  nextAt(now: number): number {
    const at = Math.min(this.#timers.nextAt, this.#lineTimers.nextAt);
    return at === Number.POSITIVE_INFINITY ? at : Math.max(at, now + this.#bucket.waitToGather(now));
  }

  add(at: number, entry: T): void {
    this.#timers.add(at, entry);
  }

  /** As `add`, and faster where each time equals the one before or is later. */
  addInOrder(at: number, entry: T): void {
    this.#timers.addInOrder(at, entry);
  }

  /** Gives all entries other times, whatever they wait for. */
  reschedule(atOf: (entry: T) => number): void {
    const entries: T[] = [];
    for (let entry = this.#timers.take(); entry !== undefined; entry = this.#timers.take())
      entries.push(entry);
    for (const line of this.#lines.values()) {
      entries.push(...line.waiting.slice(line.first));
      line.waiting.length = 0;
      line.first = 0;
    }
    this.#entriesInLines = 0;
    for (const entry of entries) this.#timers.add(atOf(entry), entry);
  }

  /**
   * Takes the next entry whose time has come and for which there are tokens; undefined when there is none
   * now. For an entry that is to be sent it takes a token of the queue, of the prefix and of the sender.
   */
  take(now: number, sender: TokenBucket): T | undefined {
    for (;;) {
      const canSend = this.#bucket.wait(now) === 0 && sender.wait(now) === 0;
      if (canSend && this.#lineTimers.nextAt <= now) {
        const entry = this.#takeFromLine(now);
        if (entry !== undefined) return this.#spend(entry, now, sender);
        continue;
      }
      if (this.#timers.nextAt > now || (!canSend && this.#timers.peek()?.isToBeSent())) return undefined;
      const entry = this.#timers.take();
      if (entry === undefined) return undefined;
      if (this.#isFreeToGo(entry, now)) return this.#spend(entry, now, sender);
    }
  }

  /**
   * Takes a token of the entry's prefix. Without one, puts the entry in the line of its prefix and returns
   * false.
   */
  #isFreeToGo(entry: T, now: number): boolean {
    if (this.#perPrefixPerSecond === undefined || !entry.isToBeSent()) return true;
    const line = this.#lineOf(entry.prefix, this.#perPrefixPerSecond);
    const isFirst = line.first === line.waiting.length;
    if (isFirst && line.bucket.wait(now) === 0) {
      line.bucket.take(now);
      return true;
    }
    line.waiting.push(entry);
    this.#entriesInLines += 1;
    if (isFirst) this.#lineTimers.add(now + line.bucket.wait(now), line);
    return false;
  }

  #takeFromLine(now: number): T | undefined {
    const line = this.#lineTimers.take();
    const entry = line?.waiting[line.first];
    if (line === undefined || entry === undefined) return undefined;
    line.first += 1;
    this.#entriesInLines -= 1;
    if (entry.isToBeSent()) line.bucket.take(now);
    if (line.first < line.waiting.length) this.#lineTimers.add(now + line.bucket.wait(now), line);
    else {
      line.waiting.length = 0;
      line.first = 0;
    }
    return entry;
  }

  #lineOf(prefix: string, perSecond: number): PrefixLine<T> {
    const known = this.#lines.get(prefix);
    if (known !== undefined) return known;
    if (this.#lines.size >= MAX_PREFIXES) this.#forgetEmptyLines();
    const line = { bucket: new TokenBucket(perSecond), waiting: [], first: 0 };
    this.#lines.set(prefix, line);
    return line;
  }

  #forgetEmptyLines(): void {
    for (const [prefix, { waiting }] of this.#lines) if (waiting.length === 0) this.#lines.delete(prefix);
  }

  #spend(entry: T, now: number, sender: TokenBucket): T {
    if (entry.isToBeSent()) {
      this.#bucket.take(now);
      sender.take(now);
    }
    return entry;
  }
}
