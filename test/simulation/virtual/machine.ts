/** How a machine's clock differs from true time. */
export interface ClockError {
  /** ms that it is ahead. */
  readonly skewMs: number;
  /** How much faster it runs: 1e-5 is 10 ppm. */
  readonly drift: number;
}

export const TRUE_CLOCK: ClockError = { skewMs: 0, drift: 0 };

/** True time at the beginning of every simulation, ms since the epoch. */
export const BEGINNING = Date.UTC(2026, 0, 5);

/** A process of its own: its clock is wrong in its own way, it may stop for a while, and end at any time. */
export class Machine {
  readonly name: string;
  /** When it was started, ms of virtual time. */
  readonly startedAt: number;
  readonly #drift: number;
  #skewMs: number;
  #pausedUntil = 0;
  hasEnded = false;
  #callsLeft = Number.POSITIVE_INFINITY;
  #onCallsOver = () => {};

  constructor(name: string, startedAt: number, { skewMs, drift }: ClockError = TRUE_CLOCK) {
    this.name = name;
    this.startedAt = startedAt;
    this.#skewMs = skewMs;
    this.#drift = drift;
  }

  /** It ends when AWS has done so many more of its calls, before it hears of the last one. */
  endAfter(calls: number, onEnd: () => void): void {
    this.#callsLeft = calls;
    this.#onCallsOver = onEnd;
  }

  /** It ends no more by what `endAfter` said. */
  endNoMore(): void {
    this.#callsLeft = Number.POSITIVE_INFINITY;
  }

  /** AWS has done a call of it. */
  countCall(): void {
    this.#callsLeft -= 1;
    if (this.#callsLeft > 0) return;
    this.#callsLeft = Number.POSITIVE_INFINITY;
    this.hasEnded = true;
    this.#onCallsOver();
  }

  /** Until when nothing of it runs, ms of virtual time. */
  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  /** Nothing of it runs until then. A shorter pause within a longer one changes nothing. */
  pause(until: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  /** Its pause ends; see `Scheduler.wake`. */
  endPause(now: number): void {
    this.#pausedUntil = Math.min(this.#pausedUntil, now);
  }

  /** By its own clock, ms since its start; never goes back. */
  elapsed(now: number): number {
    return (now - this.startedAt) * (1 + this.#drift);
  }

  /** By its own clock, ms since the epoch. */
  wall(now: number): number {
    return BEGINNING + this.startedAt + this.#skewMs + this.elapsed(now);
  }

  /** True ms that pass while its own clock counts so many. */
  trueDelay(ms: number): number {
    return ms / (1 + this.#drift);
  }

  /** Someone sets the clock. */
  stepClock(ms: number): void {
    this.#skewMs += ms;
  }
}
