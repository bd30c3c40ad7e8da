import { createHash } from 'node:crypto';
import type { EventInput } from '../events/contracts.ts';
import { newEvent, newEventId, type OutgoingEvent } from '../events/envelope.ts';
import { formatKeyGroup, formatMskId } from '../keys/msk-id.ts';
import { randOfMsk } from '../keys/msk-rand.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';
import type { KeyStore } from '../store/key-store.ts';
import {
  claimMbsSession,
  type KnownMbsSession,
  type MbsSessionClaim,
  type MbsSessionState,
  putMbsSession,
} from '../store/mbs-session.ts';
import { keysOf } from './keys-of-session.ts';
import type { MbSmf, MbSmfFailure } from './mb-smf.ts';
import { type MbsKeyInfo, mbsSecurityContextOf } from './security-context.ts';

/** An MBS session whose traffic is protected under the MSKs of a Key Group. */
export interface MbsSession {
  /** Names it in this deployment, and no other. */
  readonly name: string;
  readonly keyGroup: KeyGroupRef;
  /** To an MB-SMF with its keys, or to the bus without them: then whoever hears it fetches them. */
  readonly to: 'mb-smf' | 'bus';
  /** Its members in JSON (ExtMbsSession, TS 29.532), without the security context. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Whether it is over: it is released at the MB-SMF, and gets nothing any more. */
  readonly isEnded?: boolean;
}

/** How an MB-SMF is told of other MSKs: which of both it takes is unverified (docs/conformance.md). */
export const MBS_UPDATES = ['patch', 're-create'] as const;

/** What is done when an MB-SMF has released a session: the standard does not say (docs/conformance.md). */
export const MBS_RELEASES = ['re-create', 'stop'] as const;

/** How the status of sessions is followed. */
export interface MbsStatusSettings {
  /** Where notifications come in; the name of the session and a token follow. */
  readonly notifyUri: string;
  readonly onRelease: (typeof MBS_RELEASES)[number];
  /** How long a subscription is asked for, in ms. */
  readonly expiryMs: number;
}

/** Everything outside itself that the feed uses. */
export interface MbsFeedContext {
  readonly store: KeyStore;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** Undefined where every session goes to the bus. */
  readonly mbSmf: Omit<MbSmf, never> | undefined;
  readonly update: (typeof MBS_UPDATES)[number];
  /** Undefined where the status of sessions is not followed. */
  readonly status?: MbsStatusSettings | undefined;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** What came of a look at a session. */
export type MbsFeedResult =
  /** What was handed over is what there is. */
  | 'current'
  /** The Key Group has no MSK that may be used. */
  | 'no-msk'
  | 'created'
  | 'updated'
  | 're-created'
  /** On the bus. */
  | 'told'
  | 'refused'
  | 'unavailable'
  /** It failed or was released a moment ago, and is not tried yet. */
  | 'waiting'
  /** The MB-SMF has released it, and the setting says that it stays so. */
  | 'released'
  /** Its setting said so: it was released at the MB-SMF. */
  | 'ended'
  /** Another is at it. */
  | 'busy';

/** Longer than all requests of one session may take, in ms. */
export const LEASE_MS = 60_000;
/** A session that was refused is tried again after this, unless its MSKs change before, in ms. */
const REFUSED_MS = 600_000;
/** One that could not be handed over is tried again after `FIRST_MS`, then after twice as long, in ms. */
const FIRST_MS = 15_000;
const MAX_MS = 600_000;

/**
 * Looks whether a session has the MSKs that its Key Group has, and hands them over otherwise: made, prepared,
 * rotated, revoked, imported. Call it when something has changed, and from time to time: what failed is then
 * made up for.
 * @throws StoreError, EventError or the SDK's errors; the next look makes up for it
 */
export async function followMbsSession(context: MbsFeedContext, session: MbsSession): Promise<MbsFeedResult> {
  const { store, now } = context;
  const keys = await keysOf(store, session.keyGroup);
  if (keys.length === 0) return 'no-msk';
  const digest = digestOf(session, keys);
  const claim = await claimMbsSession(store, session.name, now(), LEASE_MS);
  if (claim === undefined) return 'busy';
  const state = isReleased(claim) ? withoutSession(claim.state) : claim.state;
  const idle = idleResultOf(context, session, { claim, state, digest });
  if (idle !== undefined) {
    await putMbsSession(store, session.name, claim, claim.state);
    return idle;
  }
  const done = await handOver(context, session, { keys, state });
  const failed = done.failure && {
    context: digest,
    ...retryOf(done.failure, state.failed?.context === digest ? state.failed.tries : 0, now()),
  };
  const handedOver = failed === undefined ? digest : state.handedOver;
  const { resource, created } = done;
  const tell = () =>
    context.publish([factOf(context, session, { keys, done, notBefore: failed?.notBefore })]);
  // Where the fact is all that is handed over, it comes before the state. Otherwise where the session is must
  // not be forgotten because the bus is away.
  if (done.result === 'told') await tell();
  await putMbsSession(store, session.name, claim, { handedOver, resource, failed, created });
  if (done.result !== 'told') await tell();
  return done.result;
}

/** Why there is nothing to do for a session now; undefined: there is. */
function idleResultOf(
  { now, status }: MbsFeedContext,
  session: MbsSession,
  look: { readonly claim: MbsSessionClaim; readonly state: MbsSessionState; readonly digest: string },
): MbsFeedResult | undefined {
  const { claim, state, digest } = look;
  const { created } = claim.state;
  if (isReleased(claim)) {
    const isSame = created === undefined || created.members === digestOfMembers(session);
    if (status?.onRelease !== 're-create' && isSame) return 'released';
    // One that is released as soon as it is created is not created again and again.
    if (now() < (created?.at ?? 0) + REFUSED_MS) return 'waiting';
  }
  if (state.failed?.context === digest && now() < state.failed.notBefore) return 'waiting';
  return state.handedOver === digest ? 'current' : undefined;
}

/** Whether the MB-SMF has said that it has this session no more, and not one before it. */
export function isReleased({ state, status, notified }: KnownMbsSession): boolean {
  const { subscription } = status;
  if (subscription === undefined || notified.releasedBy !== subscription.token) return false;
  return subscription.of === (state.created?.at ?? 0);
}

function withoutSession({ failed, created }: MbsSessionState): MbsSessionState {
  return { handedOver: undefined, resource: undefined, failed, created };
}

/** What was done for a session, and where it is now. */
export interface Done {
  readonly result: MbsFeedResult;
  readonly resource: string | undefined;
  readonly created: MbsSessionState['created'];
  readonly failure?: MbSmfFailure;
}

async function handOver(
  context: MbsFeedContext,
  session: MbsSession,
  { keys, state }: { readonly keys: readonly MbsKeyInfo[]; readonly state: MbsSessionState },
): Promise<Done> {
  const { mbSmf, update } = context;
  const { resource, created } = state;
  if (session.to === 'bus' || mbSmf === undefined) return { result: 'told', resource, created };
  const mbsSecurityContext = mbsSecurityContextOf(keys);
  const create = async (result: MbsFeedResult): Promise<Done> => {
    const body = Buffer.from(JSON.stringify({ mbsSession: { ...session.members, mbsSecurityContext } }));
    const answer = await mbSmf.create(body);
    body.fill(0);
    if (answer.kind !== 'done') return failedBy(answer, { resource: undefined, created: undefined });
    const { sessionId = sessionIdOf(session) } = answer;
    const members = digestOfMembers(session);
    return { result, resource: answer.resource, created: { at: context.now(), members, sessionId } };
  };
  if (resource === undefined) return create('created');
  if (update === 'patch') {
    const patch = [{ op: 'add', path: '/mbsSecurityContext', value: mbsSecurityContext }];
    const patched = await mbSmf.patch(resource, Buffer.from(JSON.stringify(patch)));
    if (patched.kind === 'gone') return create('created');
    return patched.kind === 'done' ? { result: 'updated', resource, created } : failedBy(patched, state);
  }
  const released = await mbSmf.release(resource);
  if (released.kind === 'done' || released.kind === 'gone') return create('re-created');
  return failedBy(released, state);
}

/** Its MbsSessionId in JSON, where the settings name it. */
export function sessionIdOf({ members: { mbsSessionId } }: MbsSession): string | undefined {
  return mbsSessionId === undefined ? undefined : JSON.stringify(mbsSessionId);
}

/** An answer that creating has not, 404 among them, is a refusal. */
function failedBy(
  outcome: MbSmfFailure | { readonly kind: 'gone' },
  { resource, created }: Pick<Done, 'resource' | 'created'>,
): Done {
  const failure =
    outcome.kind === 'gone' ? ({ kind: 'refused', status: 404, cause: undefined } as const) : outcome;
  return { result: failure.kind, resource, created, failure };
}

/** When what failed is tried again. @param now ms since the epoch */
export function retryOf(failure: MbSmfFailure, triesBefore: number, now: number) {
  const tries = triesBefore + 1;
  if (failure.kind === 'refused') return { tries, notBefore: now + REFUSED_MS };
  const waitMs = failure.retryAfterMs ?? FIRST_MS * 2 ** Math.min(triesBefore, 10);
  return { tries, notBefore: now + Math.min(waitMs, MAX_MS) };
}

/**
 * Stands for what an MB-SMF or whoever listens is to know. An MSK counts by its RAND, which follows from its
 * octets, so that another MSK of the same ID is another context.
 */
function digestOf({ members, to }: MbsSession, keys: readonly MbsKeyInfo[]): string {
  const names = keys.map(({ keyDomainId, mskId, msk, mskLifetime }) => [
    keyDomainId,
    formatMskId(mskId),
    msk === undefined ? '' : Buffer.from(randOfMsk(keyDomainId, mskId, msk)).toString('hex'),
    mskLifetime,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([to, members, names]))
    .digest('hex');
}

function digestOfMembers({ members }: MbsSession): string {
  return createHash('sha256').update(JSON.stringify(members)).digest('hex');
}

/** The fact of what was done for a session. */
export function factOf(
  { now, randomOctets }: MbsFeedContext,
  { name, keyGroup: ref }: MbsSession,
  told: { readonly keys: readonly MbsKeyInfo[]; readonly done: Done; readonly notBefore: number | undefined },
): OutgoingEvent {
  const { keys, done, notBefore } = told;
  const about = { eventId: newEventId(randomOctets), now: now() };
  const session = {
    session: name,
    keyDomainId: ref.keyDomainId,
    keyGroup: formatKeyGroup(ref.keyGroup),
    mskIds: keys.map(({ mskId }) => formatMskId(mskId)),
  };
  const { failure, result } = done;
  if (failure !== undefined) {
    const data: EventInput<'MBS Session Update Failed'> = {
      ...session,
      ...reasonOf(failure),
      retryAt: new Date(notBefore ?? now()).toISOString(),
    };
    return newEvent('MBS Session Update Failed', data, about);
  }
  if (result === 'told') return newEvent('MBS Security Context Changed', session, about);
  const how = result === 'updated' || result === 're-created' ? result : 'created';
  return newEvent('MBS Session Updated', { ...session, how }, about);
}

function reasonOf(failure: MbSmfFailure) {
  if (failure.kind === 'unavailable')
    return {
      reason: 'unavailable' as const,
      message: `the MB-SMF gives no answer that helps: ${failure.reason}`,
    };
  const { status, cause } = failure;
  return {
    reason: 'refused' as const,
    status,
    ...(cause === undefined ? {} : { cause }),
    message: `the MB-SMF refuses the session: status ${status}${cause === undefined ? '' : `, ${cause}`}`,
  };
}
