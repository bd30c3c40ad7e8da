import * as v from 'valibot';
import { type IncomingEvent, parseEvent } from '../../events/envelope.ts';
import { EventError } from '../../events/errors.ts';

/** A page of a push to be sent: where in which chain it begins. */
export interface WorkUnit {
  readonly pushId: string;
  readonly chain: number;
  /** From 0, in the order of the chain. */
  readonly page: number;
  /** The end of the page before, in the terms of the push's source; undefined: the chain's beginning. */
  readonly after: string | undefined;
}

/** What a message of the queue asks for. */
export type Work =
  | { readonly kind: 'unit'; readonly unit: WorkUnit }
  | { readonly kind: 'event'; readonly event: IncomingEvent };

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const unitMessage = v.object({
  unit: v.object({
    pushId: v.string(),
    chain: whole,
    page: whole,
    after: v.optional(v.string()),
  }),
});

/** A unit as a message of the queue. */
export function formatUnit(unit: WorkUnit): string {
  return JSON.stringify({ unit });
}

/** Reads a message of the queue: a unit of a push, or an event of the bus. @throws EventError */
export function parseWork(body: string): Work {
  const unit = v.safeParse(unitMessage, parsedJson(body));
  if (!unit.success) return { kind: 'event', event: parseEvent(body) };
  const { pushId, chain, page, after } = unit.output.unit;
  return { kind: 'unit', unit: { pushId, chain, page, after } };
}

function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new EventError('not-an-event', 'the message is not JSON', { cause });
  }
}
