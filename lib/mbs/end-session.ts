import type { EventInput } from '../events/contracts.ts';
import { newEvent, newEventId } from '../events/envelope.ts';
import { formatKeyGroup } from '../keys/msk-id.ts';
import { claimMbsSession, loadMbsSession, putMbsSession, putMbsStatus } from '../store/mbs-session.ts';
import {
  factOf,
  LEASE_MS,
  type MbsFeedContext,
  type MbsFeedResult,
  type MbsSession,
  retryOf,
} from './feed.ts';

/** Stands for the end, among the contexts that could not be handed over. */
const END = 'end';

/**
 * Ends a session at the MB-SMF whose setting says so: its subscription, and then itself.
 * @throws StoreError, EventError or the SDK's errors; the next look makes up for it
 */
export async function endMbsSession(context: MbsFeedContext, session: MbsSession): Promise<MbsFeedResult> {
  const { store, mbSmf, now, publish, randomOctets } = context;
  const { name, keyGroup: ref } = session;
  const known = await loadMbsSession(store, name);
  if (known.state.resource === undefined || mbSmf === undefined) return 'current';
  const { failed: before } = known.state;
  if (before?.context === END && now() < before.notBefore) return 'waiting';
  const claim = await claimMbsSession(store, name, now(), LEASE_MS);
  if (claim === undefined) return 'busy';
  const { state, status } = claim;
  const { resource, created } = state;
  // A subscription that can't be ended runs out, and its notifications are answered 404.
  if (status.subscription?.place !== undefined) await mbSmf.unsubscribe(status.subscription.place);
  await putMbsStatus(
    ...([store, name, claim, { subscription: undefined, failed: undefined }, { keep: true }] as const),
  );
  const released = resource === undefined ? { kind: 'gone' as const } : await mbSmf.release(resource);
  if (released.kind === 'refused' || released.kind === 'unavailable') {
    const retry = retryOf(released, before?.context === END ? before.tries : 0, now());
    await putMbsSession(store, name, claim, { ...state, failed: { context: END, ...retry } });
    const done = { result: released.kind, resource, created, failure: released } as const;
    await publish([factOf(context, session, { keys: [], done, notBefore: retry.notBefore })]);
    return released.kind;
  }
  const nothing = { handedOver: undefined, resource: undefined, failed: undefined, created: undefined };
  await putMbsSession(store, name, claim, nothing);
  const data: EventInput<'MBS Session Released'> = {
    ...{ session: name, keyDomainId: ref.keyDomainId, keyGroup: formatKeyGroup(ref.keyGroup) },
    why: 'ended',
  };
  await publish([newEvent('MBS Session Released', data, { eventId: newEventId(randomOctets), now: now() })]);
  return 'ended';
}
