import type { AllowedMessage, UeAllowance } from './allowance.ts';
import { Fifo } from './fifo.ts';
import type { DueQueue, SendQueueEntry } from './send-queue.ts';
import { TimerQueue } from './timer-queue.ts';

/** An entry of a fair queue. Entries with the same allowance are messages to one UE. */
export interface FairQueueEntry extends SendQueueEntry, AllowedMessage {
  readonly allowance: UeAllowance;
  /** Makes `isToBeSent` false: the UE has answered nothing that it was sent. */
  readonly giveUp: () => void;
}

/** The messages to one UE that are due. */
interface UeLine<T> {
  readonly allowance: UeAllowance;
  readonly due: Fifo<T>;
  /** Entries whose time has not come. */
  later: number;
  /** Whether the line waits for its turn. */
  isInTurn: boolean;
  /** Entries are given up at this time unless the UE may be sent more before; undefined: none is held. */
  heldUntil: number | undefined;
  isHoldTimed: boolean;
}

/**
 * Entries of many UEs that take turns: one entry of each UE, so that a UE with one entry does not wait for
 * the thousands of another. A UE that had nothing to send comes before those that had a turn. Each operation
 * takes constant time, beside the heap of entries whose time has not come.
 *
 * An entry that its UE's allowance does not cover is held, with all behind it, until the UE may be sent more.
 * After `heldMs` all of them are given up.
 */
export class FairQueue<T extends FairQueueEntry> implements DueQueue<T> {
  readonly #elapsed: () => number;
  readonly #heldMs: number;
  readonly #later = new TimerQueue<T>();
  readonly #lines = new Map<UeAllowance, UeLine<T>>();
  /** Lines that have not had a turn, and those that had one. */
  readonly #fresh = new Fifo<UeLine<T>>();
  readonly #served = new Fifo<UeLine<T>>();
  readonly #holds = new TimerQueue<UeLine<T>>();
  #size = 0;

  /** @param elapsed ms of a clock that does not go back */
  constructor(elapsed: () => number, heldMs: number) {
    this.#elapsed = elapsed;
    this.#heldMs = heldMs;
  }

  get size(): number {
    return this.#size;
  }

  /** UEs that have entries here. */
  get ues(): number {
    return this.#lines.size;
  }

  get nextAt(): number {
    if (this.#nextLine() !== undefined) return Number.NEGATIVE_INFINITY;
    return Math.min(this.#later.nextAt, this.#holds.nextAt);
  }

  peek(): T | undefined {
    return this.#nextLine()?.due.peek();
  }

  add(at: number, entry: T): void {
    this.#lineOf(entry.allowance).later += 1;
    this.#size += 1;
    this.#later.add(at, entry);
  }

  addInOrder(at: number, entry: T): void {
    this.#lineOf(entry.allowance).later += 1;
    this.#size += 1;
    this.#later.addInOrder(at, entry);
  }

  take(): T | undefined {
    const line = this.#nextLine();
    const entry = line?.due.take();
    if (line === undefined || entry === undefined) return undefined;
    this.#size -= 1;
    if (entry.isToBeSent()) {
      line.allowance.spend(entry);
      line.heldUntil = undefined;
    }
    // An empty line has its place among the others once more, or a UE would be first with each new entry.
    this.#takeTurn();
    this.#served.add(line);
    return entry;
  }

  /** The line whose turn it is; it has an entry that may go. */
  #nextLine(): UeLine<T> | undefined {
    this.#moveDue();
    for (;;) {
      const line = this.#fresh.peek() ?? this.#served.peek();
      if (line === undefined) return undefined;
      const entry = line.due.peek();
      if (entry !== undefined && (!entry.isToBeSent() || line.allowance.covers(entry))) return line;
      this.#takeTurn();
      line.isInTurn = false;
      if (entry !== undefined) this.#hold(line);
      else if (line.later === 0) this.#forget(line);
    }
  }

  #takeTurn(): void {
    if (this.#fresh.take() === undefined) this.#served.take();
  }

  /**
   * Puts entries whose time has come in the lines of their UEs, and gives up those that were held too long.
   */
  #moveDue(): void {
    const now = this.#elapsed();
    while (this.#later.nextAt <= now) {
      const entry = this.#later.take() as T;
      const line = this.#lineOf(entry.allowance);
      line.later -= 1;
      line.due.add(entry);
      this.#queueUp(line, this.#fresh);
    }
    while (this.#holds.nextAt <= now) this.#endHold(this.#holds.take() as UeLine<T>, now);
  }

  #queueUp(line: UeLine<T>, turns: Fifo<UeLine<T>>): void {
    if (line.isInTurn || line.due.size === 0) return;
    line.isInTurn = true;
    turns.add(line);
  }

  #hold(line: UeLine<T>): void {
    line.heldUntil ??= this.#elapsed() + this.#heldMs;
    if (line.isHoldTimed) return;
    line.isHoldTimed = true;
    this.#holds.add(line.heldUntil, line);
  }

  #endHold(line: UeLine<T>, now: number): void {
    line.isHoldTimed = false;
    if (line.heldUntil === undefined) return;
    if (line.heldUntil > now) this.#hold(line);
    else {
      line.heldUntil = undefined;
      for (const entry of line.due) entry.giveUp();
      this.#queueUp(line, this.#served);
    }
  }

  #lineOf(allowance: UeAllowance): UeLine<T> {
    const known = this.#lines.get(allowance);
    if (known !== undefined) return known;
    const line: UeLine<T> = {
      allowance,
      due: new Fifo(),
      later: 0,
      isInTurn: false,
      heldUntil: undefined,
      isHoldTimed: false,
    };
    this.#lines.set(allowance, line);
    allowance.onMore = () => this.#queueUp(line, this.#served);
    return line;
  }

  #forget(line: UeLine<T>): void {
    line.heldUntil = undefined;
    this.#lines.delete(line.allowance);
    line.allowance.onMore = () => {};
  }
}
