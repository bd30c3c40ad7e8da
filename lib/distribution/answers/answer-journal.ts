import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../keys/msk-id.ts';
import { putAnswers } from '../../store/ledger/answers.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import type { Table } from '../../store/table.ts';
import { addFailures, type Failures } from '../push/failures.ts';

/**
 * Remembers what became of UEs that asked for an MSK, so that it is known who holds it, and writes it down for many at
 * once. A sender that dies forgets what it gathered: then a UE is pushed to that holds the MSK already, no more.
 */
export interface AnswerJournal {
  readonly add: (msk: AnsweredMsk, outcome: PageOutcome) => void;
  /** Writes what is gathered, and waits for what is being written. What can't be written is gathered again. */
  readonly flush: () => Promise<void>;
}

/** The MSK that UEs asked for. */
export interface AnsweredMsk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
}

/** UEs of one item. */
const MAX_UES = 500;
/** UEs that are remembered in all while the table can't be written. */
const MAX_WAITING = 100_000;

interface Gathered {
  readonly msk: AnsweredMsk;
  readonly verified: string[];
  readonly sent: string[];
  readonly failed: Failures;
  ues: number;
}

/**
 * Writes as soon as 500 UEs are gathered for one MSK; the caller flushes from time to time. `report` hears of writes that
 * failed; they are tried again with the next flush, as long as not more than 100 000 UEs wait.
 */
export function createAnswerJournal(
  table: Table,
  now: () => number,
  newPlace: () => string,
  report: (error: unknown) => void,
): AnswerJournal {
  const gathered = new Map<string, Gathered>();
  /** Those that could not be written. */
  const refused: Gathered[] = [];
  const writing = new Set<Promise<void>>();
  let waiting = 0;

  const write = (page: Gathered) => {
    const { msk, verified, sent, failed } = page;
    const place = { now: now(), place: newPlace() };
    const written = putAnswers(table, msk, { verified, sent, failed }, place)
      .then(
        () => {
          waiting -= page.ues;
        },
        (error: unknown) => {
          report(error);
          if (waiting <= MAX_WAITING) refused.push(page);
          else waiting -= page.ues;
        },
      )
      .finally(() => writing.delete(written));
    writing.add(written);
  };

  return {
    add: (msk, { verified, sent, failed }) => {
      const name = `${msk.keyDomainId}/${formatMskId(msk.mskId)}`;
      const page = gathered.get(name) ?? { msk, verified: [], sent: [], failed: {}, ues: 0 };
      gathered.set(name, page);
      page.verified.push(...verified);
      page.sent.push(...sent);
      for (const [reason, ues] of Object.entries(failed)) addFailures(page.failed, reason, ues);
      const ues = verified.length + sent.length + Object.values(failed).flat().length;
      page.ues += ues;
      waiting += ues;
      if (page.ues < MAX_UES) return;
      gathered.delete(name);
      write(page);
    },
    flush: async () => {
      const pages = [...refused.splice(0), ...gathered.values()];
      gathered.clear();
      for (const page of pages) write(page);
      await Promise.all(writing);
    },
  };
}
