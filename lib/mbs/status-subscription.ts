import * as v from 'valibot';
import { dateTime, openEnum, text } from '../sbi-json/fields.ts';
import { jsonOf } from '../sbi-json/json-body.ts';

/** The event by which an MB-SMF says that it has released a session (MbsSessionEventType, TS 29.571). */
export const RELEASED_EVENT = 'MBS_REL_TMGI_EXPIRY';
/** The event by which it says that a broadcast has begun, or is over. */
const DELIVERY_EVENT = 'BROADCAST_DELIVERY_STATUS';

/** The longest place and identifier that are taken from an answer, in characters. */
const MAX_URI = 1024;

/** An event of a session (MbsSessionEventReport, TS 29.571); of unknown types only the type is used. */
export const statusReport = v.object({
  eventType: openEnum,
  /** ms since the epoch. */
  timeStamp: v.optional(dateTime),
  broadcastDelStatus: v.optional(openEnum),
});

/** An event of a session. */
export type StatusReport = v.InferOutput<typeof statusReport>;

/** The events that an MB-SMF reports at once. */
export const statusReportList = v.object({
  eventReportList: v.pipe(v.array(statusReport), v.minLength(1), v.maxLength(64)),
  notifyCorrelationId: v.optional(text(256)),
});

const subscription = v.object({
  mbsSessionSubscUri: v.optional(text(MAX_URI)),
  expiryTime: v.optional(dateTime),
});

const answer = v.object({ subscription, eventList: v.optional(statusReportList) });

/** A subscription as the MB-SMF has it. */
export interface Subscribed {
  /** Its URL; undefined: the MB-SMF names none. */
  readonly place: string | undefined;
  /** ms since the epoch; undefined: the MB-SMF does not say, so it is as was asked for. */
  readonly expiresAt: number | undefined;
  /** Events that had happened before. */
  readonly reports: readonly StatusReport[];
}

/** What StatusSubscribeRspData says. @returns undefined for an answer that is none */
export function subscribedOf(body: Uint8Array): Subscribed | undefined {
  const parsed = v.safeParse(answer, jsonOf(body));
  if (!parsed.success) return undefined;
  const { subscription: its, eventList } = parsed.output;
  const reports = eventList?.eventReportList ?? [];
  return { place: its.mbsSessionSubscUri, expiresAt: its.expiryTime, reports };
}

/** What the answer to a renewal says, a MbsSessionSubscription. @returns undefined for one that is none */
export function renewedOf(body: Uint8Array): Subscribed | undefined {
  const parsed = v.safeParse(subscription, jsonOf(body));
  if (!parsed.success) return undefined;
  const { mbsSessionSubscUri: place, expiryTime: expiresAt } = parsed.output;
  return { place, expiresAt, reports: [] };
}

const created = v.object({ mbsSession: v.object({ mbsSessionId: v.looseObject({}) }) });

/** The MbsSessionId of CreateRspData, in JSON; undefined where it has none. */
export function createdSessionId(body: Uint8Array): string | undefined {
  const parsed = v.safeParse(created, jsonOf(body));
  const sessionId = parsed.success ? JSON.stringify(parsed.output.mbsSession.mbsSessionId) : undefined;
  return sessionId !== undefined && sessionId.length <= MAX_URI ? sessionId : undefined;
}

/** What a subscription is made of. */
export interface SubscriptionRequest {
  /** MbsSessionId in JSON. */
  readonly sessionId: string;
  readonly isBroadcast: boolean;
  readonly notifyUri: string;
  readonly correlationId: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

/** StatusSubscribeReqData (TS 29.532 §6.2.6.2) in JSON. */
export function encodeSubscription(request: SubscriptionRequest): Uint8Array {
  const { sessionId, isBroadcast, notifyUri, correlationId, expiresAt } = request;
  const events = [RELEASED_EVENT, ...(isBroadcast ? [DELIVERY_EVENT] : [])];
  return Buffer.from(
    JSON.stringify({
      subscription: {
        mbsSessionId: JSON.parse(sessionId),
        eventList: events.map((eventType) => ({ eventType })),
        notifyUri,
        notifyCorrelationId: correlationId,
        expiryTime: new Date(expiresAt).toISOString(),
      },
    }),
  );
}

/** The JSON Patch that renews a subscription. @param expiresAt ms since the epoch */
export function encodeRenewal(expiresAt: number): Uint8Array {
  const patch = [{ op: 'replace', path: '/expiryTime', value: new Date(expiresAt).toISOString() }];
  return Buffer.from(JSON.stringify(patch));
}
