/** What a watchdog makes happen. */
export interface WatchdogActions {
  /** Sends a Device-Watchdog-Request. */
  readonly ask: () => void;
  /** The peer is silent: its requests go to another one. */
  readonly suspect: () => void;
  /** The peer answers again, or has answered three times after it was down. */
  readonly okay: () => void;
  /** The peer stays silent: its connection is to be closed. */
  readonly dead: () => void;
}

/** How many answers in turn a peer that was down owes before it is trusted again. */
const ANSWERS_TO_REOPEN = 3;

/**
 * The watchdog of one connection (RFC 3539 §3.4.1). After an interval of silence it asks the peer; after a
 * second one the peer is suspect; after a third one it is dead. Each interval is randomised, so that peers
 * don't ask in step: by up to 2 s of the default 30 s.
 */
export class Watchdog {
  readonly #intervalMs: number;
  readonly #actions: WatchdogActions;
  #state: 'okay' | 'suspect' | 'reopen';
  #isAnswerDue = false;
  #answers = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param intervalMs Tw of RFC 3539, in ms
   * @param wasDown whether the peer is only trusted after three answers
   */
  constructor(intervalMs: number, wasDown: boolean, actions: WatchdogActions) {
    this.#intervalMs = intervalMs;
    this.#actions = actions;
    this.#state = wasDown ? 'reopen' : 'okay';
    this.#restart();
    if (wasDown) this.#ask();
  }

  /** A message came. @param isAnswer whether it answers a Device-Watchdog-Request */
  heard(isAnswer: boolean): void {
    if (isAnswer) this.#isAnswerDue = false;
    if (this.#state === 'reopen') {
      if (isAnswer) this.#answers++;
      if (this.#answers < ANSWERS_TO_REOPEN) return;
    }
    if (this.#state !== 'okay') {
      this.#state = 'okay';
      this.#actions.okay();
    }
    this.#restart();
  }

  /** Ends the watchdog. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #restart(): void {
    clearTimeout(this.#timer);
    const jitter = (Math.random() * 2 - 1) * (this.#intervalMs / 15);
    this.#timer = setTimeout(() => this.#expire(), this.#intervalMs + jitter).unref();
  }

  #expire(): void {
    if (!this.#isAnswerDue) {
      this.#restart();
      this.#ask();
    } else if (this.#state === 'okay') {
      this.#state = 'suspect';
      this.#restart();
      this.#actions.suspect();
    } else if (this.#state === 'reopen' && this.#answers >= 0) {
      this.#answers = -1;
      this.#restart();
    } else this.#actions.dead();
  }

  #ask(): void {
    this.#isAnswerDue = true;
    this.#actions.ask();
  }
}
