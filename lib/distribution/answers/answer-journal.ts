import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../keys/msk-id.ts';
import { putAnswers } from '../../store/ledger/answers.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import type { Table } from '../../store/table.ts';
import { addFailures, type Failures } from '../push/failures.ts';

/** The MSK of an answer. */
export interface AnsweredMsk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
}

/** What the journal needs beside the table. */
export interface AnswerJournalPorts {
  /** ms since the epoch */
  readonly now: () => number;
  /** Returns any unique text, for the item's key. */
  readonly newItemId: () => string;
  /** Receives the error of a write that failed. */
  readonly onError: (error: unknown) => void;
}

/** UEs of one item. */
const MAX_UES = 500;
/** UEs that the journal keeps in all while it can't write. */
const MAX_WAITING = 100_000;

interface Gathered {
  readonly msk: AnsweredMsk;
  readonly verified: string[];
  readonly sent: string[];
  readonly failed: Failures;
  ues: number;
}

/**
 * Gathers the outcomes of answers, and writes those of many UEs as one item, so that a listing of holders has
 * them. It writes when it has 500 UEs of one MSK, and when the caller flushes. A write that failed is
 * repeated with the next flush, unless more than 100,000 UEs wait. A sender that dies loses what it has
 * gathered: a push then sends an MSK to UEs that hold it already.
 */
export class AnswerJournal {
  readonly #table: Table;
  readonly #ports: AnswerJournalPorts;
  /** By MSK. */
  readonly #gathered = new Map<string, Gathered>();
  /** Those whose write failed. */
  readonly #unwritten: Gathered[] = [];
  readonly #writing = new Set<Promise<void>>();
  /** UEs that are gathered, unwritten, or being written. */
  #waiting = 0;

  constructor(table: Table, ports: AnswerJournalPorts) {
    this.#table = table;
    this.#ports = ports;
  }

  /** Records the outcome of an answer. */
  add(msk: AnsweredMsk, { verified, sent, failed }: PageOutcome): void {
    const name = `${msk.keyDomainId}/${formatMskId(msk.mskId)}`;
    const gathered = this.#gathered.get(name) ?? { msk, verified: [], sent: [], failed: {}, ues: 0 };
    this.#gathered.set(name, gathered);
    gathered.verified.push(...verified);
    gathered.sent.push(...sent);
    for (const [reason, ues] of Object.entries(failed)) addFailures(gathered.failed, reason, ues);
    const ues = verified.length + sent.length + Object.values(failed).flat().length;
    gathered.ues += ues;
    this.#waiting += ues;
    if (gathered.ues < MAX_UES) return;
    this.#gathered.delete(name);
    this.#startWriting(gathered);
  }

  /** Writes what is gathered, and waits until all writes have ended. */
  async flush(): Promise<void> {
    const all = [...this.#unwritten.splice(0), ...this.#gathered.values()];
    this.#gathered.clear();
    for (const gathered of all) this.#startWriting(gathered);
    await Promise.all(this.#writing);
  }

  #startWriting(gathered: Gathered): void {
    const written = this.#write(gathered).finally(() => this.#writing.delete(written));
    this.#writing.add(written);
  }

  async #write(gathered: Gathered): Promise<void> {
    const { msk, verified, sent, failed } = gathered;
    const { now, newItemId, onError } = this.#ports;
    try {
      await putAnswers(this.#table, msk, { verified, sent, failed }, { now: now(), id: newItemId() });
      this.#waiting -= gathered.ues;
    } catch (error) {
      onError(error);
      if (this.#waiting <= MAX_WAITING) this.#unwritten.push(gathered);
      else this.#waiting -= gathered.ues;
    }
  }
}
