import * as v from 'valibot';
import type { BusEvent } from '../../local/aws/event-bus.ts';

const count = v.record(v.string(), v.number());
const delivered = v.object({ pushId: v.string(), ues: v.array(v.string()) });
const failed = v.object({
  pushId: v.string(),
  ues: v.array(v.object({ impi: v.string(), reason: v.string() })),
});
const progress = v.object({ pushId: v.string(), expected: v.number(), verified: v.number(), failed: count });
const detail = v.object({ data: v.unknown() });

/** What the bus reported of one push. */
export interface Outcomes {
  /** How often the bus reported that a UE holds the MSK, and the reasons why it does not; by IMPI. */
  readonly delivered: Map<string, number>;
  readonly failed: Map<string, string[]>;
  /** The latest progress, and each report of the end. */
  progress: { expected: number; verified: number; failed: Record<string, number> } | undefined;
  readonly completed: { expected: number; verified: number; failed: Record<string, number> }[];
}

/** Gathers the outcomes of pushes from the events of the bus. */
export interface OutcomeListener {
  readonly receive: (event: BusEvent) => void;
  readonly of: (pushId: string) => Outcomes;
}

/** A listener without any outcome. */
export function createOutcomeListener(): OutcomeListener {
  const pushes = new Map<string, Outcomes>();
  const of = (pushId: string): Outcomes => {
    const known = pushes.get(pushId);
    if (known !== undefined) return known;
    const outcomes = { delivered: new Map(), failed: new Map(), progress: undefined, completed: [] };
    pushes.set(pushId, outcomes);
    return outcomes;
  };

  return {
    of,
    receive: ({ 'detail-type': detailType, detail: text }) => {
      const { data } = v.parse(detail, text);
      if (detailType === 'MSK Delivered') {
        const { pushId, ues } = v.parse(delivered, data);
        const outcomes = of(pushId).delivered;
        for (const impi of ues) outcomes.set(impi, (outcomes.get(impi) ?? 0) + 1);
      } else if (detailType === 'MSK Delivery Failed') {
        const { pushId, ues } = v.parse(failed, data);
        const outcomes = of(pushId).failed;
        for (const { impi, reason } of ues) outcomes.set(impi, [...(outcomes.get(impi) ?? []), reason]);
      } else if (detailType === 'MSK Push Progressed' || detailType === 'MSK Push Completed') {
        const report = v.parse(progress, data);
        const outcomes = of(report.pushId);
        outcomes.progress = report;
        if (detailType === 'MSK Push Completed') outcomes.completed.push(report);
      }
    },
  };
}
