import { timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import type { EventInput } from '../events/contracts.ts';
import { newEvent, newEventId, type OutgoingEvent } from '../events/envelope.ts';
import { formatKeyGroup } from '../keys/msk-id.ts';
import { jsonOf } from '../sbi-json/json-body.ts';
import { parseKeyGroupRef } from '../store/key-group/key-group-item.ts';
import { type KnownMbsSession, loadMbsSession, noteDelivery, noteRelease } from '../store/mbs-session.ts';
import type { Table } from '../store/table.ts';
import { isReleased } from './feed.ts';
import { RELEASED_EVENT, type StatusReport, statusReportList } from './status-subscription.ts';

/** Everything outside itself that taking notifications uses. */
export interface NotificationContext {
  readonly store: Table;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** Which subscription a notification is for, as the URI says that it came to. */
export interface NotifiedSubscription {
  readonly session: string;
  readonly token: string;
}

/** What came of a notification. */
export type NotificationOutcome =
  /** What each of its events has done, in their order. */
  | { readonly kind: 'taken'; readonly effects: readonly NotificationEffect[] }
  /** There is no such subscription, or not any more. */
  | { readonly kind: 'unknown-subscription' }
  /** It says that it is for another subscription than its URI. */
  | { readonly kind: 'wrong-correlation' }
  /** It is no StatusNotifyReqData. */
  | { readonly kind: 'malformed' };

/** What an event has done. */
export type NotificationEffect =
  /** The session is released: noted, and told on the bus. */
  | 'released'
  /** The status of a broadcast is noted. */
  | 'delivery'
  /** It was known, or is older than what is known. */
  | 'repeated'
  /** It is of a type that is nothing to us. */
  | 'passed-over';

/** StatusNotifyReqData (TS 29.532). */
const notification = v.object({ eventList: statusReportList });

/** The form of the tokens of subscriptions. */
const TOKEN = /^[0-9a-f]{32}$/;

/**
 * Takes a notification of the status of a session (StatusNotify, TS 29.532 §5.3.2.8). It counts once however
 * often it comes.
 * @param body as it came
 * @throws StoreError, EventError or the SDK's errors; the same notification again makes up for it
 */
export async function takeNotification(
  context: NotificationContext,
  { session, token }: NotifiedSubscription,
  body: Uint8Array,
): Promise<NotificationOutcome> {
  if (!TOKEN.test(token)) return { kind: 'unknown-subscription' };
  const known = await loadMbsSession(context.store, session);
  const { subscription } = known.status;
  if (subscription === undefined || !isSame(subscription.token, token))
    return { kind: 'unknown-subscription' };
  const parsed = v.safeParse(notification, jsonOf(body));
  if (!parsed.success) return { kind: 'malformed' };
  const { eventReportList, notifyCorrelationId } = parsed.output.eventList;
  if (notifyCorrelationId !== undefined && !isSame(notifyCorrelationId, token))
    return { kind: 'wrong-correlation' };
  const effects: NotificationEffect[] = [];
  for (const report of eventReportList)
    effects.push(await takeReport(context, session, { known, token, report }));
  return { kind: 'taken', effects };
}

async function takeReport(
  context: NotificationContext,
  session: string,
  its: { readonly known: KnownMbsSession; readonly token: string; readonly report: StatusReport },
): Promise<NotificationEffect> {
  const { known, token, report } = its;
  if (report.eventType === RELEASED_EVENT) return takeRelease(context, session, its);
  if (report.broadcastDelStatus === undefined) return 'passed-over';
  const { deliveryAt = 0, delivery } = known.notified;
  const at = report.timeStamp ?? context.now();
  const isNew = report.timeStamp === undefined ? report.broadcastDelStatus !== delivery : at > deliveryAt;
  if (!isNew) return 'repeated';
  const noted = await noteDelivery(context.store, session, token, { status: report.broadcastDelStatus, at });
  return noted ? 'delivery' : 'repeated';
}

/** Noted first, and told then: one that could not be told is told when the notification comes again. */
async function takeRelease(
  { store, publish, now, randomOctets }: NotificationContext,
  session: string,
  { known, token }: { readonly known: KnownMbsSession; readonly token: string },
): Promise<NotificationEffect> {
  const released = { ...known, notified: { ...known.notified, releasedBy: token } };
  // The session that it was for may have been created anew meanwhile.
  if (known.notified.toldBy === token || !isReleased(released)) return 'repeated';
  if (!(await noteRelease(store, session, token, 'releasedBy'))) return 'repeated';
  const { keyDomainId, keyGroup } = parseKeyGroupRef(known.status.subscription?.keyGroup ?? '');
  const data: EventInput<'MBS Session Released'> = {
    ...{ session, keyDomainId, keyGroup: formatKeyGroup(keyGroup) },
    why: 'tmgi-expiry',
  };
  await publish([newEvent('MBS Session Released', data, { eventId: newEventId(randomOctets), now: now() })]);
  await noteRelease(store, session, token, 'toldBy');
  return 'released';
}

/** In the same time wherever they differ. */
function isSame(ours: string, theirs: string): boolean {
  const [a, b] = [Buffer.from(ours), Buffer.from(theirs)];
  return a.length === b.length && timingSafeEqual(a, b);
}
