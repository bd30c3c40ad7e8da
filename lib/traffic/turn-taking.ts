/** Whose turn it is, as the table has it. */
export interface SeenTurn {
  readonly holder: string | undefined;
  readonly version: number;
}

/**
 * Of several instances for one User Service one sends, and the others wait. The holder writes from time to
 * time that it is there; another takes the turn when it has seen nothing new for `patienceMs` of its own
 * clock, which need not agree with any other. Two that think it is their turn do no harm to keys: no number
 * is given out twice.
 */
export class TurnTaking {
  readonly #self: string;
  readonly #patienceMs: number;
  #seen: SeenTurn | undefined;
  #seenAt = 0;

  /** `self` names this instance, and no other. */
  constructor(self: string, patienceMs: number) {
    this.#self = self;
    this.#patienceMs = patienceMs;
  }

  /** Whether to write that it is this instance's turn. `now` is ms of a clock that does not go back. */
  wants(turn: SeenTurn, now: number): boolean {
    const isNew = turn.version !== this.#seen?.version || turn.holder !== this.#seen.holder;
    if (isNew) this.#seenAt = now;
    this.#seen = turn;
    return turn.holder === this.#self || turn.version === 0 || now - this.#seenAt >= this.#patienceMs;
  }
}
