import { type CheckedNonce, checkNonce } from '../http-digest/index.ts';
import type { SecretKey } from '../keys/secret-key.ts';

/** The nonce secret and, once it was changed, the one before. */
export interface NonceSecretVersions {
  readonly current: SecretKey;
  readonly previous: SecretKey | undefined;
}

/** Where the secrets come from, and who learns that they can't be read again. */
export interface NonceSecretSource {
  readonly read: () => Promise<NonceSecretVersions>;
  readonly onFailedRead: (error: unknown) => void;
}

/** Every instance makes nonces under a changed secret after this time at most. */
const MAX_AGE_MS = 300_000;

/** Nonces of nobody's cause one reading in this time at most. */
const MIN_INTERVAL_MS = 10_000;

/**
 * The secrets of nonces, as one instance of the function holds them. New nonces are made under the current
 * one, and both are accepted, so that instances which learn of a change at different times understand each
 * other. A failed reading leaves the secrets that are held.
 */
export class NonceSecrets {
  readonly #source: NonceSecretSource;
  #held: NonceSecretVersions;
  /** The time of the last reading, failed or not; ms since the epoch. */
  #readAt: number;
  #reading: Promise<void> | undefined;

  /** @param readAt when `held` was read, ms since the epoch */
  constructor(source: NonceSecretSource, held: NonceSecretVersions, readAt: number) {
    this.#source = source;
    this.#held = held;
    this.#readAt = readAt;
  }

  /** The secret of new nonces. */
  get current(): SecretKey {
    return this.#held.current;
  }

  /** Reads the secrets again when they are older than five minutes. `now` in ms since the epoch. */
  async refresh(now: number): Promise<void> {
    if (this.#isDue(now, MAX_AGE_MS)) await this.#readAgain(now);
  }

  /**
   * Checks a nonce under both secrets. A foreign one may have been made under a secret that this instance
   * does not hold yet: the secrets are then read again, unless that was done within ten seconds.
   */
  async check(
    nonce: string,
    validity: { readonly now: number; readonly lifetimeMs: number },
  ): Promise<CheckedNonce> {
    const checked = this.#checkUnderHeld(nonce, validity);
    if (checked.kind !== 'foreign' || !this.#isDue(validity.now, MIN_INTERVAL_MS)) return checked;
    await this.#readAgain(validity.now);
    return this.#checkUnderHeld(nonce, validity);
  }

  #checkUnderHeld(
    nonce: string,
    validity: { readonly now: number; readonly lifetimeMs: number },
  ): CheckedNonce {
    const { current, previous } = this.#held;
    const checked = checkNonce(nonce, { secret: current, ...validity });
    return checked.kind !== 'foreign' || previous === undefined
      ? checked
      : checkNonce(nonce, { secret: previous, ...validity });
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
