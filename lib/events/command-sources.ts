import { EVENT_SOURCE } from './contracts.ts';

/**
 * `source` of the commands that the BM-SC gives itself, where operators have sources of their own: the push
 * of a new MSK, and what its schedules put on the bus.
 */
export const OWN_COMMAND_SOURCE = `${EVENT_SOURCE}.commands`;

/** The sources that commands are taken from: those of the operator's systems, and the BM-SC's own. */
export class CommandSources {
  /** The source of commands that the BM-SC gives itself. */
  readonly own: string;
  readonly #accepted: ReadonlySet<string>;

  /**
   * @param operators the sources of the operator's systems. Where the BM-SC's own source is one of them, it
   * is that of its own commands, too: senders of an earlier release take no other
   */
  constructor(operators: readonly string[] = [EVENT_SOURCE]) {
    this.own = operators.includes(EVENT_SOURCE) ? EVENT_SOURCE : OWN_COMMAND_SOURCE;
    this.#accepted = new Set([...operators, OWN_COMMAND_SOURCE]);
  }

  /** All of them. */
  get accepted(): readonly string[] {
    return [...this.#accepted];
  }

  has(source: string): boolean {
    return this.#accepted.has(source);
  }
}
