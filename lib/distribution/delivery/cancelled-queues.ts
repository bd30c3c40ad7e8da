/** A sender that has heard of so many cancelled pushes has long read the first of them as cancelled. */
const MOST = 1000;

/**
 * The send queues that nothing is sent from any more. The latest 1000 are remembered: whoever begins a page
 * reads in the table whether its push is cancelled, so this is only for what was begun before.
 */
export class CancelledQueues {
  readonly #names = new Set<string>();

  /** @returns false for one that is remembered */
  add(name: string): boolean {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    if (this.#names.size > MOST) this.#forgetOldest();
    return true;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  #forgetOldest(): void {
    for (const oldest of this.#names) {
      this.#names.delete(oldest);
      return;
    }
  }
}
