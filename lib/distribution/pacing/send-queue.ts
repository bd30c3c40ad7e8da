import { type Agenda, createAgenda } from './agenda.ts';
import { createTokenBucket, type TokenBucket, UNLIMITED } from './token-bucket.ts';

/** How fast one push goes out from this sender. */
export interface LanePacing {
  /** Messages a second; undefined: as fast as the sender. */
  readonly perSecond: number | undefined;
  /** Messages a second to one prefix; undefined: any number. */
  readonly perPrefixPerSecond: number | undefined;
}

/** What stands in a lane: it knows the prefix that it goes to, and whether it is a message at all any more. */
export interface LaneEntry {
  readonly prefix: string;
  /** False when there is nothing to send: it was answered, or will not be tried again. It then passes at once. */
  readonly isToBeSent: () => boolean;
}

/** The messages of one push that wait for their time and for their turn. Times are ms of a clock that does not go back. */
export interface Lane<T extends LaneEntry> {
  readonly size: number;
  /** When `take` may have something; infinite when the lane is empty. */
  readonly nextAt: (now: number) => number;
  readonly add: (at: number, entry: T) => void;
  /** As `add`, and faster where each time is the same as the one before or later. */
  readonly addInOrder: (at: number, entry: T) => void;
  /**
   * The next entry whose time has come and for which there are tokens; undefined when there is none now. For one that
   * is to be sent, the tokens of lane, prefix and sender are taken.
   */
  readonly take: (now: number, sender: TokenBucket) => T | undefined;
}

/** Entries to a prefix that has no tokens stand in a line of their own, so that they hold up no others. */
interface PrefixLine<T> {
  readonly bucket: TokenBucket;
  readonly waiting: T[];
  /** Entries before this index are gone. */
  first: number;
}

/** An empty lane. Prefixes are forgotten when nothing waits for them and there are many. */
export function createLane<T extends LaneEntry>({ perSecond, perPrefixPerSecond }: LanePacing): Lane<T> {
  const bucket = perSecond === undefined ? UNLIMITED : createTokenBucket(perSecond);
  const agenda: Agenda<T> = createAgenda();
  const lines = new Map<string, PrefixLine<T>>();
  /** When the first of each line may go. */
  const turns: Agenda<PrefixLine<T>> = createAgenda();
  let inLines = 0;

  const lineOf = (prefix: string, perSecondOfPrefix: number): PrefixLine<T> => {
    const known = lines.get(prefix);
    if (known !== undefined) return known;
    if (lines.size >= MAX_PREFIXES) forgetIdle(lines);
    const line = { bucket: createTokenBucket(perSecondOfPrefix), waiting: [], first: 0 };
    lines.set(prefix, line);
    return line;
  };

  const takeFromLine = (now: number): T | undefined => {
    const line = turns.take();
    const entry = line?.waiting[line.first];
    if (line === undefined || entry === undefined) return undefined;
    line.first += 1;
    inLines -= 1;
    if (entry.isToBeSent()) line.bucket.take(now);
    if (line.first < line.waiting.length) turns.add(now + line.bucket.wait(now), line);
    else {
      line.waiting.length = 0;
      line.first = 0;
    }
    return entry;
  };

  return {
    get size() {
      return agenda.size + inLines;
    },
    nextAt: (now) => {
      const at = Math.min(agenda.nextAt, turns.nextAt);
      return at === Number.POSITIVE_INFINITY ? at : Math.max(at, now + bucket.wait(now));
    },
    add: agenda.add,
    addInOrder: agenda.addInOrder,
    take: (now, sender) => {
      for (;;) {
        const canSend = bucket.wait(now) === 0 && sender.wait(now) === 0;
        if (turns.nextAt <= now && canSend) {
          const entry = takeFromLine(now);
          if (entry !== undefined) return spend(entry, now, sender);
          continue;
        }
        if (agenda.nextAt > now || (!canSend && agenda.next()?.isToBeSent())) return undefined;
        const entry = agenda.take();
        if (entry === undefined) return undefined;
        if (perPrefixPerSecond === undefined || !entry.isToBeSent()) return spend(entry, now, sender);
        const line = lineOf(entry.prefix, perPrefixPerSecond);
        const isFirst = line.first === line.waiting.length;
        if (isFirst && line.bucket.wait(now) === 0) {
          line.bucket.take(now);
          return spend(entry, now, sender);
        }
        line.waiting.push(entry);
        inLines += 1;
        if (isFirst) turns.add(now + line.bucket.wait(now), line);
      }
    },
  };

  function spend(entry: T, now: number, sender: TokenBucket): T {
    if (entry.isToBeSent()) {
      bucket.take(now);
      sender.take(now);
    }
    return entry;
  }
}

/** Prefixes remembered in one lane. */
const MAX_PREFIXES = 65_536;

function forgetIdle<T>(lines: Map<string, PrefixLine<T>>): void {
  for (const [prefix, { waiting }] of lines) if (waiting.length === 0) lines.delete(prefix);
}
