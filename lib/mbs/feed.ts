import { createHash } from 'node:crypto';
import type { EventInput } from '../events/contracts.ts';
import { newEvent, newEventId, type OutgoingEvent } from '../events/envelope.ts';
import { formatKeyGroup, formatMskId } from '../keys/msk-id.ts';
import { randOfMsk } from '../keys/msk-rand.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';
import type { KeyStore } from '../store/key-store.ts';
import { claimMbsSession, type MbsSessionState, putMbsSession } from '../store/mbs-session.ts';
import { keysOf } from './keys-of-session.ts';
import type { MbSmf, MbSmfOutcome } from './mb-smf.ts';
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
}

/** How an MB-SMF is told of other MSKs: which of both it takes is unverified (docs/conformance.md). */
export const MBS_UPDATES = ['patch', 're-create'] as const;

/** Everything outside itself that the feed uses. */
export interface MbsFeedContext {
  readonly store: KeyStore;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** Undefined where every session goes to the bus. */
  readonly mbSmf: Pick<MbSmf, 'create' | 'patch' | 'release'> | undefined;
  readonly update: (typeof MBS_UPDATES)[number];
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
  /** It failed a moment ago, and is not tried yet. */
  | 'waiting'
  /** Another is at it. */
  | 'busy';

/** Longer than all requests of one session may take, in ms. */
const LEASE_MS = 60_000;
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
  const { state } = claim;
  const isWaiting = state.failed?.context === digest && now() < state.failed.notBefore;
  if (state.handedOver === digest || isWaiting) {
    await putMbsSession(store, session.name, claim, state);
    return isWaiting ? 'waiting' : 'current';
  }
  const done = await handOver(context, session, { keys, state });
  const failed = done.failure && {
    context: digest,
    ...retryOf(done.failure, state.failed?.context === digest ? state.failed.tries : 0, now()),
  };
  const handedOver = failed === undefined ? digest : state.handedOver;
  const tell = () =>
    context.publish([factOf(context, session, { keys, done, notBefore: failed?.notBefore })]);
  // Where the fact is all that is handed over, it comes before the state. Otherwise where the session is must
  // not be forgotten because the bus is away.
  if (done.result === 'told') await tell();
  await putMbsSession(store, session.name, claim, { handedOver, resource: done.resource, failed });
  if (done.result !== 'told') await tell();
  return done.result;
}

/** What was done for a session, and where it is now. */
interface Done {
  readonly result: MbsFeedResult;
  readonly resource: string | undefined;
  readonly failure?: Extract<MbSmfOutcome, { kind: 'refused' | 'unavailable' }>;
}

async function handOver(
  context: MbsFeedContext,
  session: MbsSession,
  { keys, state }: { readonly keys: readonly MbsKeyInfo[]; readonly state: MbsSessionState },
): Promise<Done> {
  const { mbSmf, update } = context;
  const { resource } = state;
  if (session.to === 'bus' || mbSmf === undefined) return { result: 'told', resource };
  const mbsSecurityContext = mbsSecurityContextOf(keys);
  const create = async (result: MbsFeedResult): Promise<Done> => {
    const body = Buffer.from(JSON.stringify({ mbsSession: { ...session.members, mbsSecurityContext } }));
    const created = await mbSmf.create(body);
    body.fill(0);
    if (created.kind === 'done') return { result, resource: created.resource };
    return failedBy(created, undefined);
  };
  if (resource === undefined) return create('created');
  if (update === 'patch') {
    const patch = [{ op: 'add', path: '/mbsSecurityContext', value: mbsSecurityContext }];
    const patched = await mbSmf.patch(resource, Buffer.from(JSON.stringify(patch)));
    if (patched.kind === 'gone') return create('created');
    return patched.kind === 'done' ? { result: 'updated', resource } : failedBy(patched, resource);
  }
  const released = await mbSmf.release(resource);
  if (released.kind === 'done' || released.kind === 'gone') return create('re-created');
  return failedBy(released, resource);
}

/** An answer that creating has not, 404 among them, is a refusal. */
function failedBy(outcome: MbSmfOutcome, resource: string | undefined): Done {
  const failure =
    outcome.kind === 'refused' || outcome.kind === 'unavailable'
      ? outcome
      : ({ kind: 'refused', status: 404, cause: undefined } as const);
  return { result: failure.kind, resource, failure };
}

function retryOf(failure: NonNullable<Done['failure']>, triesBefore: number, now: number) {
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

function factOf(
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

function reasonOf(failure: NonNullable<Done['failure']>) {
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
