import type { SecretKey } from '../keys/secret-key.ts';

/** A secret and, once it was changed, the one before. */
export interface SecretVersions {
  readonly current: SecretKey;
  readonly previous: SecretKey | undefined;
}

/** Where the versions come from, and who learns that they can't be read again. */
export interface SecretSource {
  readonly read: () => Promise<SecretVersions>;
  readonly onFailedRead: (error: unknown) => void;
}

/** Every instance holds a changed secret after this time at most. */
const MAX_AGE_MS = 300_000;

/** Nobody can cause more than one reading in this time. */
const MIN_INTERVAL_MS = 10_000;

/**
 * A secret as one instance of the function holds it. Both of its versions are good, so that instances which
 * learn of a change at different times understand each other. A failed reading leaves the versions that are
 * held.
 */
export class RotatingSecret {
  readonly #source: SecretSource;
  #held: SecretVersions;
  /** The time of the last reading, failed or not; ms since the epoch. */
  #readAt: number;
  #reading: Promise<void> | undefined;

  /** @param readAt when `held` was read, ms since the epoch */
  constructor(source: SecretSource, held: SecretVersions, readAt: number) {
    this.#source = source;
    this.#held = held;
    this.#readAt = readAt;
  }

  /** The secret of what is made now. */
  get current(): SecretKey {
    return this.#held.current;
  }

  /** All secrets that are good, the current one first. */
  get versions(): readonly SecretKey[] {
    const { current, previous } = this.#held;
    return previous === undefined ? [current] : [current, previous];
  }

  /** Reads the versions again when they are older than five minutes. `now` in ms since the epoch. */
  async refresh(now: number): Promise<void> {
    if (this.#isDue(now, MAX_AGE_MS)) await this.#readAgain(now);
  }

  /**
   * Reads the versions again unless that was done within ten seconds: for what was made under none of those
   * that are held, and perhaps under one that this instance does not hold yet.
   * @returns whether they were read
   */
  async seekNewer(now: number): Promise<boolean> {
    if (!this.#isDue(now, MIN_INTERVAL_MS)) return false;
    await this.#readAgain(now);
    return true;
  }

  #isDue(now: number, intervalMs: number): boolean {
    return Math.abs(now - this.#readAt) >= intervalMs;
  }

  #readAgain(now: number): Promise<void> {
    this.#readAt = now;
    this.#reading ??= this.#read();
    return this.#reading;
  }

  async #read(): Promise<void> {
    try {
      this.#held = await this.#source.read();
    } catch (error) {
      this.#source.onFailedRead(error);
    } finally {
      this.#reading = undefined;
    }
  }
}
