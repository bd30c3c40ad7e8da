import { AsyncLocalStorage } from 'node:async_hooks';
import type { Machine } from './machine.ts';

/** Something that happens at a time, to a machine. */
export interface Entry {
  at: number;
  readonly order: number;
  readonly machine: Machine;
  /** Undefined when it is cancelled: it then holds nothing of what it would have run. */
  run: (() => void) | undefined;
  /** It waits for the end of its machine's pause. */
  isDeferred: boolean;
}

/** Taken before virtual timers are installed. */
const realImmediate = globalThis.setImmediate;
/** So many entries run before Node looks at what is real. */
const ENTRIES_A_TURN = 256;
/**
 * Runs all promises that can go on, as Node does after each immediate, without a turn of its loop, which
 * takes longer than most entries. Undocumented: without it each entry has a turn.
 */
const runPromises: unknown = Reflect.get(process, '_tickCallback');
/** What Node may wait for, but no run: how long it takes differs from run to run. */
const REAL_WAITS = /^(Timeout|FSReq\w+|GetAddrInfoReqWrap|TCP\w+|TLS\w+|UDP\w+)$/;
let isAlone = false;

/** Nothing else runs in this process, as a test runner would: nothing may wait for what is real. */
export function runAlone(): void {
  isAlone = true;
}

/**
 * Owns virtual time. Entries run in the order of their times, and in that of their making where the times are
 * the same. After each one Node runs all promises that can go on, so nothing depends on how long it takes.
 */
export class Scheduler {
  readonly #machines = new AsyncLocalStorage<Machine>();
  /** Begin to run code of a machine; kept, since a context takes longer to make than to enter. */
  readonly #contexts = new WeakMap<Machine, ReturnType<typeof AsyncLocalStorage.snapshot>>();
  readonly #heap: Entry[] = [];
  #made = 0;
  #now = 0;
  #ran = 0;

  /** ms of virtual time since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Entries that have run. */
  get ran(): number {
    return this.#ran;
  }

  /** The machine whose code runs; undefined outside of the simulation. */
  get current(): Machine | undefined {
    return this.#machines.getStore();
  }

  /** Runs code of a machine, and all that it awaits. */
  as<T>(machine: Machine, run: () => T): T {
    const enter =
      this.#contexts.get(machine) ?? this.#machines.run(machine, () => AsyncLocalStorage.snapshot());
    this.#contexts.set(machine, enter);
    return enter(run);
  }

  /** @param delay ms from now */
  after(delay: number, machine: Machine, run: () => void): Entry {
    const at = this.#now + Math.max(0, delay);
    const entry: Entry = { at, order: this.#made++, machine, run, isDeferred: false };
    this.#push(entry);
    return entry;
  }

  /** Ends a pause before its time, and all of it: what waited for its end is due now. */
  wake(machine: Machine): void {
    if (machine.pausedUntil <= this.#now) return;
    machine.endPause(this.#now);
    for (const entry of this.#heap.splice(0)) {
      if (entry.isDeferred && entry.machine === machine) entry.at = this.#now;
      this.#push(entry);
    }
  }

  /**
   * Runs what is due until `isDone`, or until `limit`, ms of virtual time.
   * @returns whether it is done
   */
  run(isDone: () => boolean, limit: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const turn = () => {
        try {
          refuseRealWaits();
          const outcome = this.#turn(isDone, limit);
          if (outcome === undefined) realImmediate(turn);
          else resolve(outcome);
        } catch (error) {
          reject(error);
        }
      };
      // Promises of code that has just been started come first.
      realImmediate(turn);
    });
  }

  /** Runs some entries. @returns whether it is done, or undefined when more are to run */
  #turn(isDone: () => boolean, limit: number): boolean | undefined {
    for (let ran = 0; ran < ENTRIES_A_TURN; ran++) {
      if (isDone()) return true;
      const entry = this.#next();
      if (entry === undefined || entry.at > limit) {
        if (entry !== undefined) this.#push(entry);
        this.#now = Math.max(this.#now, limit);
        return isDone();
      }
      this.#now = Math.max(this.#now, entry.at);
      this.#ran += 1;
      if (entry.run !== undefined) this.as(entry.machine, entry.run);
      if (typeof runPromises !== 'function') return undefined;
      runPromises();
    }
    return undefined;
  }

  /** The next entry of a machine that lives. Those of a paused one wait for its end of pause. */
  #next(): Entry | undefined {
    for (let entry = this.#pop(); entry !== undefined; entry = this.#pop()) {
      const { machine, run } = entry;
      if (run === undefined || machine.hasEnded) continue;
      if (machine.pausedUntil <= Math.max(entry.at, this.#now)) return entry;
      entry.at = machine.pausedUntil;
      entry.isDeferred = true;
      this.#push(entry);
    }
    return undefined;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) child += 1;
      const least = heap[child];
      if (least === undefined || !isBefore(least, last)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** @throws Error when code waits for a clock, a file or a network that is not simulated */
function refuseRealWaits(): void {
  if (!isAlone) return;
  const real = process.getActiveResourcesInfo().find((name) => REAL_WAITS.test(name));
  if (real !== undefined) throw new Error(`something waits for a real ${real}: no seed is then repeatable`);
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
