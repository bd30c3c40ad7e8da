import {
  type DeadLetter,
  eachDeadLetter,
  type RedriveTarget,
  redriveLetter,
} from '../../../lib/inventory/dead-letters.ts';
import type { DeadLetterRow } from '../views.ts';

/** What is done with dead letters that a person has chosen. */
export type DeadLetterAction = 'redrive' | 'discard';

/** Letters that are listed; their number stands on the page. */
const MAX_ROWS = 200;

/** The dead letters of both queues. Readings take turns: each hides the letters while it lasts. */
export class DeadLetters {
  readonly #target: RedriveTarget;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(target: RedriveTarget) {
    this.#target = target;
  }

  /** Lists them, the latest first. It raises their receive counts. */
  list(): Promise<{ readonly rows: readonly DeadLetterRow[]; readonly count: number }> {
    return this.#inTurn(async () => {
      const rows: DeadLetterRow[] = [];
      await eachDeadLetter(this.#target.queues, async (letter) => {
        rows.push(rowOf(letter));
        return 'keep';
      });
      rows.sort((one, other) => other.sentAt - one.sentAt);
      return { rows: rows.slice(0, MAX_ROWS), count: rows.length };
    });
  }

  /** Redrives or discards those of these message IDs. @returns how many were found */
  act(action: DeadLetterAction, ids: readonly string[]): Promise<number> {
    return this.#inTurn(async () => {
      const wanted = new Set(ids);
      let done = 0;
      await eachDeadLetter(this.#target.queues, async (letter) => {
        if (!wanted.has(letter.id)) return 'keep';
        if (action === 'redrive') await redriveLetter(this.#target, letter);
        done += 1;
        return 'delete';
      });
      return done;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

/** The body stays here: the page gets identifiers and reasons. */
function rowOf({
  id,
  detailType = 'not an event',
  eventId,
  sentAt,
  receiveCount,
  reason,
  message,
}: DeadLetter) {
  return { id, detailType, eventId, sentAt: Date.parse(sentAt), receiveCount, reason, message };
}
