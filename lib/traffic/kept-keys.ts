import type { KeptMtks } from '../store/traffic/kept-mtks.ts';
import type { HandedOver } from './hand-over.ts';

const NONE: KeptMtks = { inUse: undefined, announced: undefined };

/**
 * Keeps the MTKs of a stream where other systems have them from, one write at a time. One that fails is made
 * up for by the next: traffic does not wait for it.
 */
export class KeptKeys {
  readonly #keep: (mtks: KeptMtks) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #mtks = NONE;
  #written: KeptMtks | undefined;
  #writing: Promise<void> | undefined;

  constructor(keep: (mtks: KeptMtks) => Promise<void>, onError: (error: unknown) => void) {
    this.#keep = keep;
    this.#onError = onError;
  }

  tell(told: HandedOver): void {
    if (told.state === 'announced') this.#mtks = { ...this.#mtks, announced: told.key };
    else this.#mtks = told.state === 'use' ? { inUse: told.key, announced: undefined } : NONE;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Another instance keeps them now: no more is written, and what is being written is waited for. */
  async leave(): Promise<void> {
    this.#mtks = this.#written ?? NONE;
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#written !== this.#mtks) {
      this.#written = this.#mtks;
      await this.#keep(this.#mtks).catch(this.#onError);
    }
  }
}
