import { formatKeyGroupRef } from '../store/key-group/key-group-item.ts';
import {
  claimMbsSession,
  type KnownMbsSession,
  loadMbsSession,
  type MbsSessionClaim,
  type MbsSubscription,
  noteRelease,
  putMbsStatus,
} from '../store/mbs-session.ts';
import {
  isReleased,
  LEASE_MS,
  type MbsFeedContext,
  type MbsSession,
  type MbsStatusSettings,
  retryOf,
  sessionIdOf,
} from './feed.ts';
import type { MbSmf, MbSmfFailure } from './mb-smf.ts';
import { encodeRenewal, encodeSubscription, RELEASED_EVENT, type Subscribed } from './status-subscription.ts';

/** What came of a look at the subscription to a session's status. */
export type MbsStatusResult =
  /** There is the one that is wanted, or none is. */
  | 'current'
  | 'subscribed'
  | 'renewed'
  | 'unsubscribed'
  | 'refused'
  | 'unavailable'
  /** It failed a moment ago, and is not tried yet. */
  | 'waiting'
  /** Another is at the session. */
  | 'busy';

/** Octets of a token; written in hexadecimal. */
const TOKEN_LENGTH = 16;

/** What there is to do. */
type Due = 'subscribe' | 'renew' | 'unsubscribe' | 'waiting' | 'nothing';

/** The settings and the MB-SMF, where the status is followed. */
interface Follow {
  readonly mbSmf: Omit<MbSmf, never>;
  readonly status: MbsStatusSettings;
}

/**
 * Looks whether the status of a session is subscribed to, and subscribes, renews or ends that: a session that
 * was created has a subscription of its own, one that is gone has none. Call it after `followMbsSession`.
 * @throws StoreError or the SDK's errors; the next look makes up for it
 */
export async function followMbsStatus(
  context: MbsFeedContext,
  session: MbsSession,
): Promise<MbsStatusResult> {
  const { store, mbSmf, now } = context;
  if (mbSmf === undefined) return 'current';
  const seen = dueOf(context, session, await loadMbsSession(store, session.name));
  if (seen === 'nothing') return 'current';
  if (seen === 'waiting') return 'waiting';
  const claim = await claimMbsSession(store, session.name, now(), LEASE_MS);
  if (claim === undefined) return 'busy';
  const { subscription } = claim.status;
  const due = dueOf(context, session, claim);
  const { status } = context;
  if (due === 'subscribe' && status !== undefined)
    return subscribe(context, session, claim, { mbSmf, status });
  if (due === 'renew' && status !== undefined && subscription?.place !== undefined)
    return renew(context, session, claim, { mbSmf, status, subscription, place: subscription.place });
  if (due === 'unsubscribe') {
    await endSubscription(mbSmf, subscription);
    await putMbsStatus(store, session.name, claim, { subscription: undefined, failed: undefined });
    return 'unsubscribed';
  }
  await putMbsStatus(store, session.name, claim, claim.status);
  return due === 'waiting' ? 'waiting' : 'current';
}

function dueOf({ status: its, now }: MbsFeedContext, session: MbsSession, known: KnownMbsSession): Due {
  const { state, status } = known;
  const { subscription, failed } = status;
  const isWanted = its !== undefined && session.to === 'mb-smf' && state.resource !== undefined;
  if (!isWanted || session.isEnded === true) return subscription === undefined ? 'nothing' : 'unsubscribe';
  // What becomes of a session that was released is the feed's to say.
  if (isReleased(known)) return 'nothing';
  if (failed !== undefined && now() < failed.notBefore) return 'waiting';
  const { renewAt, endsAt } = subscription ?? {};
  if (renewAt === undefined || endsAt === undefined || now() >= endsAt) return 'subscribe';
  if (subscription?.of !== (state.created?.at ?? 0)) return 'subscribe';
  if (now() < renewAt) return 'nothing';
  return subscription.place === undefined ? 'subscribe' : 'renew';
}

/**
 * Subscribes anew, for the session as it is now. Notifications may come before the answer, so that they are
 * known by is written before.
 */
async function subscribe(
  context: MbsFeedContext,
  session: MbsSession,
  claim: MbsSessionClaim,
  { mbSmf, status }: Follow,
): Promise<MbsStatusResult> {
  const { store, now, randomOctets } = context;
  const { created } = claim.state;
  await endSubscription(mbSmf, claim.status.subscription);
  const sessionId = created?.sessionId ?? sessionIdOf(session);
  if (sessionId === undefined) {
    // Neither the settings nor the MB-SMF say of which session the status would be.
    return failed(context, session, claim, WRONG_ANSWER);
  }
  const token = Buffer.from(randomOctets(TOKEN_LENGTH)).toString('hex');
  const begun: MbsSubscription = {
    ...{ token, of: created?.at ?? 0, keyGroup: formatKeyGroupRef(session.keyGroup) },
    ...{ place: undefined, renewAt: undefined, endsAt: undefined },
  };
  const { failed: before } = claim.status;
  const isOurs = await putMbsStatus(
    ...([store, session.name, claim, { subscription: begun, failed: before }, { keep: true }] as const),
  );
  if (!isOurs) return 'busy';
  const request = {
    ...{ sessionId, isBroadcast: session.members.serviceType === 'BROADCAST' },
    notifyUri: `${status.notifyUri.replace(/\/$/, '')}/${session.name}/${token}`,
    correlationId: token,
    expiresAt: now() + status.expiryMs,
  };
  const answer = await mbSmf.subscribe(encodeSubscription(request));
  if (answer.kind !== 'done') return failed(context, session, claim, failureOf(answer));
  const kept = keptFrom(answer, begun, request.expiresAt, now());
  if (kept === undefined) return failed(context, session, claim, WRONG_ANSWER);
  await putMbsStatus(store, session.name, claim, { subscription: kept, failed: undefined });
  if (answer.reports.some(({ eventType }) => eventType === RELEASED_EVENT))
    await noteRelease(store, session.name, token, 'releasedBy');
  return 'subscribed';
}

/** Renews; a subscription that the MB-SMF does not know, or will not renew, is made anew by the next look. */
async function renew(
  context: MbsFeedContext,
  session: MbsSession,
  claim: MbsSessionClaim,
  its: Follow & { readonly subscription: MbsSubscription; readonly place: string },
): Promise<MbsStatusResult> {
  const { store, now } = context;
  const { mbSmf, status, subscription, place } = its;
  const expiresAt = now() + status.expiryMs;
  const answer = await mbSmf.renew(place, encodeRenewal(expiresAt));
  if (answer.kind === 'unavailable') return failed(context, session, claim, answer, subscription);
  const kept = answer.kind === 'done' ? keptFrom(answer, subscription, expiresAt, now()) : undefined;
  if (kept !== undefined) {
    await putMbsStatus(store, session.name, claim, { subscription: kept, failed: undefined });
    return 'renewed';
  }
  return subscribe(context, session, claim, { mbSmf, status });
}

/** Half of its time later it is renewed. @returns undefined for one that is over already */
function keptFrom(
  { place, expiresAt }: Subscribed,
  subscription: MbsSubscription,
  asked: number,
  now: number,
): MbsSubscription | undefined {
  const endsAt = Math.min(expiresAt ?? asked, asked);
  if (endsAt <= now) return undefined;
  return { ...subscription, place, endsAt, renewAt: now + Math.floor((endsAt - now) / 2) };
}

/** Ends it if the MB-SMF will; otherwise it runs out, and its notifications are answered 404. */
async function endSubscription(
  mbSmf: Follow['mbSmf'],
  subscription: MbsSubscription | undefined,
): Promise<void> {
  if (subscription?.place !== undefined) await mbSmf.unsubscribe(subscription.place);
}

const WRONG_ANSWER: MbSmfFailure = {
  kind: 'unavailable',
  reason: 'wrong-answer',
  retryAfterMs: undefined,
};

function failureOf(answer: MbSmfFailure | { readonly kind: 'gone' }): MbSmfFailure {
  return answer.kind === 'gone' ? { kind: 'refused', status: 404, cause: undefined } : answer;
}

/** Notes when it is tried again. @param kept what stays of the subscription meanwhile */
async function failed(
  { store, now }: MbsFeedContext,
  { name }: MbsSession,
  claim: MbsSessionClaim,
  failure: MbSmfFailure,
  kept?: MbsSubscription,
): Promise<MbsStatusResult> {
  const retry = retryOf(failure, claim.status.failed?.tries ?? 0, now());
  await putMbsStatus(store, name, claim, { subscription: kept, failed: retry });
  return failure.kind;
}
