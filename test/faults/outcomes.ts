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

/** What the bus said of one push. */
export interface Outcomes {
  /** How often each UE was said to hold the MSK, or not to; by IMPI. */
  readonly delivered: Map<string, number>;
  readonly failed: Map<string, string[]>;
  /** The latest progress, and what was said at the end, each time that it was said. */
  progress: { expected: number; verified: number; failed: Record<string, number> } | undefined;
  readonly completed: { expected: number; verified: number; failed: Record<string, number> }[];
}

/** Hears the bus. */
export interface OutcomeListener {
  readonly hear: (event: BusEvent) => void;
  readonly of: (pushId: string) => Outcomes;
}

/** A listener that has heard nothing. */
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
    hear: ({ 'detail-type': detailType, detail: text }) => {
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
        const said = v.parse(progress, data);
        const outcomes = of(said.pushId);
        outcomes.progress = said;
        if (detailType === 'MSK Push Completed') outcomes.completed.push(said);
      }
    },
  };
}
