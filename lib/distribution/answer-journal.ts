import type { KeyDomainId } from '../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../keys/msk-id.ts';
import { putAnswers } from '../store/answers.ts';
import type { PageOutcome } from '../store/push-page.ts';
import type { Table } from '../store/table.ts';
import { addFailures, type Failures } from './failures.ts';

/**
 * Remembers what became of UEs that asked for an MSK, so that it is known who holds it, and writes it down for many at
 * once. A sender that dies forgets what it gathered: then a UE is pushed to that holds the MSK already, no more.
 */
export interface AnswerJournal {
  readonly add: (msk: { keyDomainId: KeyDomainId; mskId: MskId }, outcome: PageOutcome) => void;
  /** Writes what is gathered. */
  readonly flush: () => Promise<void>;
}

/** UEs of one item. */
const MAX_UES = 500;

interface Gathered {
  readonly msk: { readonly keyDomainId: KeyDomainId; readonly mskId: MskId };
  readonly verified: string[];
  readonly sent: string[];
  readonly failed: Failures;
  ues: number;
}

/** Writes as soon as 500 UEs are gathered for one MSK; the caller flushes from time to time. `report` hears of writes that failed. */
export function createAnswerJournal(
  table: Table,
  now: () => number,
  newPlace: () => string,
  report: (error: unknown) => void,
): AnswerJournal {
  const gathered = new Map<string, Gathered>();
  const write = async (name: string) => {
    const page = gathered.get(name);
    if (page === undefined) return;
    gathered.delete(name);
    const { verified, sent, failed } = page;
    await putAnswers(table, page.msk, { verified, sent, failed }, { now: now(), place: newPlace() }).catch(
      report,
    );
  };
  return {
    add: (msk, { verified, sent, failed }) => {
      const name = `${msk.keyDomainId}/${formatMskId(msk.mskId)}`;
      const page = gathered.get(name) ?? { msk, verified: [], sent: [], failed: {}, ues: 0 };
      gathered.set(name, page);
      page.verified.push(...verified);
      page.sent.push(...sent);
      for (const [reason, ues] of Object.entries(failed)) addFailures(page.failed, reason, ues);
      page.ues += verified.length + sent.length + Object.values(failed).flat().length;
      if (page.ues >= MAX_UES) void write(name);
    },
    flush: async () => {
      await Promise.all([...gathered.keys()].map(write));
    },
  };
}
