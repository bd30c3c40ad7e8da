import * as v from 'valibot';
import type { CommandSources } from '../../events/command-sources.ts';
import { type IncomingEvent, parseEvent } from '../../events/envelope.ts';
import { EventError } from '../../events/errors.ts';
import { readRefusedRequest } from '../../events/refused-request.ts';
import type { PushRefusal } from '../errors.ts';

/** A message of the queue that names one page of a push. */
export interface WorkUnit {
  readonly pushId: string;
  readonly chain: number;
  /** From 0, in the order of the chain. */
  readonly page: number;
  /**
   * The position where the page before ends, in the terms of the push's source; undefined: the page is the
   * first.
   */
  readonly after: string | undefined;
  /** Of the request for the push; undefined in units of earlier releases. */
  readonly correlationId?: string | undefined;
}

/** What a message of the queue asks for. */
export type Work =
  | { readonly kind: 'unit'; readonly unit: WorkUnit }
  | { readonly kind: 'event'; readonly event: IncomingEvent };

/** What is to become of a message of the queue. */
export type WorkResult =
  | { readonly kind: 'done' }
  /**
   * The message comes again after this time: another sender has the page, or this one is busy. Nothing
   * failed.
   */
  | { readonly kind: 'later'; readonly afterMs: number }
  /** The message can't succeed: it goes to the dead letters with this. */
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Why a message of the queue is refused, for programs and for people. */
export interface Refusal {
  readonly reason: PushRefusal;
  readonly message: string;
  /** Of the refused event, where it can be read. */
  readonly eventId: string | undefined;
  readonly correlationId: string | undefined;
}

/** Nothing is left to do. */
export const DONE: WorkResult = { kind: 'done' };

/** The message is to come again after a time in ms. */
export function later(afterMs: number): WorkResult {
  return { kind: 'later', afterMs };
}

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));
const unitMessage = v.object({
  unit: v.object({
    pushId: v.string(),
    chain: wholeNumber,
    page: wholeNumber,
    after: v.optional(v.string()),
    correlationId: v.optional(v.string()),
  }),
});

/** A unit as a message of the queue. */
export function formatUnit(unit: WorkUnit): string {
  return JSON.stringify({ unit });
}

/** Parses a message of the queue: a unit of a push, or an event of the bus. @throws EventError */
export function parseWork(body: string, sources: CommandSources): Work {
  const unit = v.safeParse(unitMessage, parseJson(body));
  if (!unit.success) return { kind: 'event', event: parseEvent(body, sources) };
  const { pushId, chain, page, after, correlationId } = unit.output.unit;
  return { kind: 'unit', unit: { pushId, chain, page, after, correlationId } };
}

/** The correlation ID of a message of the queue, where it can be read; takes any text. */
export function correlationIdOfWork(body: string): string | undefined {
  const unit = v.safeParse(v.pipe(v.string(), v.parseJson(), unitMessage), body);
  return unit.success ? unit.output.unit.correlationId : readRefusedRequest(body).correlationId;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new EventError('not-an-event', 'the message is not JSON', { cause });
  }
}
