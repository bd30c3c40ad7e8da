/** Calls a function once, at the earliest of the times that it is set to. */
export class Alarm {
  readonly #elapsed: () => number;
  readonly #onTime: () => void;
  #setTo = Number.POSITIVE_INFINITY;
  #stop = () => {};

  /** An alarm that is not set. @param elapsed ms of a clock that does not go back */
  constructor(elapsed: () => number, onTime: () => void) {
    this.#elapsed = elapsed;
    this.#onTime = onTime;
  }

  /** Sets it to a time in ms, unless it is set to an earlier one; Infinity leaves it as it is. */
  set(at: number): void {
    if (at >= this.#setTo) return;
    this.cancel();
    this.#setTo = at;
    const wait = at - this.#elapsed();
    if (wait > 0) {
      const timer = setTimeout(() => this.#run(), wait);
      this.#stop = () => clearTimeout(timer);
    } else {
      // Sockets are read before an immediate runs. A timer would wait for a ms, and leave the processor idle.
      const immediate = setImmediate(() => this.#run());
      this.#stop = () => clearImmediate(immediate);
    }
  }

  cancel(): void {
    this.#stop();
    this.#stop = () => {};
    this.#setTo = Number.POSITIVE_INFINITY;
  }

  #run(): void {
    this.cancel();
    this.#onTime();
  }
}
