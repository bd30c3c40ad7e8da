import { createHash } from 'node:crypto';
import type { EventData, Pacing } from '../../events/contracts.ts';
import type { EventMetadata } from '../../events/metadata.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER, formatMskId, type MskId, mskId } from '../../keys/msk-id.ts';
import { findMsk, loadKeyGroup } from '../../store/key-group/key-group.ts';
import type { KeyGroup } from '../../store/key-group/key-group-item.ts';
import { chainsOf, MAX_CHAINS_OF_SERVICE } from '../../store/ledger/chains.ts';
import { loadPush, type Push, type PushSource, putPush } from '../../store/ledger/push.ts';
import { loadTotals } from '../../store/ledger/push-chain.ts';
import { countRegistrations } from '../../store/registration/registration-page.ts';
import type { Table } from '../../store/table.ts';
import type { DistributionContext } from '../context.ts';
import { RequestRefused } from '../errors.ts';

/** A push or a solicited pull, as an event asks for it. */
export interface PushRequest {
  readonly kind: Push['kind'];
  readonly keyDomainId: KeyDomainId;
  /** Key Number 0x0: the current MSK. */
  readonly mskId: MskId;
  readonly target: EventData<'Push MSK'>['target'];
  readonly verification: boolean | undefined;
  readonly pacing: Pacing;
}

/** A User Service of fewer UEs has one chain. */
const MANY_UES = 4000;

/**
 * Pages that a chain should have at least: the first page of a chain can't overlap with another, and pages at
 * the ends of chains are small.
 */
const PAGES_OF_CHAIN = 2;

/** The rate at which UEs come back after a solicited pull whose event names no spread. */
const PULLS_PER_SECOND = 100;

/** Where a push finds its UEs, and how many these are. */
interface PushTarget {
  readonly source: PushSource;
  readonly expected: number;
}

/** What an event `Push MSK` asks for. */
export function mskPushRequest({
  keyDomainId,
  mskId,
  target,
  verification,
  pacing,
}: EventData<'Push MSK'>): PushRequest {
  return { kind: 'msk', keyDomainId, mskId, target: eachOnce(target), verification, pacing };
}

/** What an event `Solicit MSK Pull` asks for. */
export function pullRequest({
  keyDomainId,
  keyGroup,
  target,
  pacing,
}: EventData<'Solicit MSK Pull'>): PushRequest {
  const current = mskId(keyGroup, CURRENT_KEY_NUMBER);
  return {
    kind: 'solicited-pull',
    keyDomainId,
    mskId: current,
    target: eachOnce(target),
    verification: false,
    pacing,
  };
}

/** A UE that an event lists twice gets one message, and counts once. */
function eachOnce(target: PushRequest['target']): PushRequest['target'] {
  return 'ues' in target ? { ues: [...new Set(target.ues)] } : target;
}

/**
 * Records a push, unless the same event has done so before: its MSK, its source and its chains. All of this
 * is fixed here, so that every page sends the same MSK.
 * @returns the push as the ledger has it
 * @throws RequestRefused when the request can't succeed, or its ID is that of another request; StoreError
 * or the SDK's errors
 */
export async function startPush(
  context: DistributionContext,
  request: PushRequest,
  { pushId, metadata }: { pushId: string; metadata: EventMetadata },
): Promise<Push> {
  const { store } = context;
  const known = await loadPush(store, pushId);
  const requestDigest = digestOf(request);
  if (known !== undefined) return checkSame(known, requestDigest);
  const { kind, keyDomainId, verification, pacing } = request;
  const group = await loadKeyGroup(store, { keyDomainId, keyGroup: request.mskId.keyGroup });
  checkMsk(request, group);
  const { source, expected } = await resolveTarget(context, request, group);
  const isGroupPull = kind === 'solicited-pull' && source.kind !== 'listed';
  const spreadSeconds = pacing.spreadSeconds ?? (isGroupPull ? defaultSpread(context, expected) : 0);
  const push = await putPush(store, {
    pushId,
    kind,
    keyDomainId,
    mskId: resolveMskId(request, group),
    verification,
    pacing: { ...pacing, spreadSeconds },
    source,
    correlationId: metadata.correlationId,
    startedAt: context.now(),
    expected,
    requestDigest,
  });
  return checkSame(push, requestDigest);
}

/** @throws RequestRefused `unknown-key-group`, `unknown-msk` */
function checkMsk({ kind, mskId }: PushRequest, group: KeyGroup | undefined): asserts group is KeyGroup {
  if (group === undefined) throw new RequestRefused('unknown-key-group', 'there is no such Key Group');
  if (kind === 'msk' && findMsk(group, mskId.keyNumber) === undefined)
    throw new RequestRefused('unknown-msk', `there is no MSK ${formatMskId(mskId)} in the Key Group`);
}

/** A push that an earlier release recorded has no digest, and counts as the same. */
function checkSame(push: Push, requestDigest: string): Push {
  const { requestDigest: recorded = requestDigest } = push;
  if (recorded === requestDigest) return push;
  throw new RequestRefused(
    'idempotency-key-reused',
    `the idempotency key is that of another request, of ${new Date(push.startedAt).toISOString()}`,
  );
}

/** SHA-256 of all that a request asks for, in hexadecimal. The order of listed UEs does not matter. */
function digestOf({ kind, keyDomainId, mskId, target, verification, pacing }: PushRequest): string {
  const ues = 'ues' in target ? { ues: [...target.ues].sort() } : target;
  const { perSecond, perPrefixPerSecond, spreadSeconds } = pacing;
  const pace = [perSecond, perPrefixPerSecond, spreadSeconds];
  const canonical = [kind, keyDomainId, formatMskId(mskId), ues, verification, pace];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}

/** In s. Few UEs need not wait for as long as many do. */
function defaultSpread({ spreadSeconds }: DistributionContext, expected: number): number {
  return Math.min(spreadSeconds, expected / PULLS_PER_SECOND);
}

/** Replaces Key Number 0x0 by that of the current MSK; a solicited pull keeps it. */
function resolveMskId({ kind, mskId: requested }: PushRequest, group: KeyGroup | undefined): MskId {
  const current = group?.currentKeyNumber;
  if (kind === 'solicited-pull' || requested.keyNumber !== CURRENT_KEY_NUMBER || current === undefined)
    return requested;
  return mskId(requested.keyGroup, current);
}

/** A power of two, so that each chain has as many shards. */
function chainsFor(ues: number, pageUes: number): number {
  if (ues < MANY_UES) return 1;
  const wanted = Math.max(1, ues / (pageUes * PAGES_OF_CHAIN));
  return Math.min(MAX_CHAINS_OF_SERVICE, 2 ** Math.floor(Math.log2(wanted)));
}

async function resolveTarget(
  context: DistributionContext,
  { target }: PushRequest,
  group: KeyGroup,
): Promise<PushTarget> {
  if ('ues' in target) return { source: { kind: 'listed', ues: target.ues }, expected: target.ues.length };
  if ('undeliveredOf' in target) return undeliveredOf(context.store, target.undeliveredOf, group);
  const { services } = group;
  if ('serviceId' in target && !services.has(target.serviceId))
    throw new RequestRefused('unknown-service', 'the User Service does not use this Key Group');
  return registeredTo(context, 'serviceId' in target ? [target.serviceId] : [...services].sort());
}

/** The UEs that an earlier push of the same Key Group has given up by now. */
async function undeliveredOf(table: Table, pushId: string, group: KeyGroup): Promise<PushTarget> {
  const earlier = await loadPush(table, pushId);
  if (earlier?.keyDomainId !== group.keyDomainId || earlier.mskId.keyGroup !== group.keyGroup)
    throw new RequestRefused('unknown-push', 'undeliveredOf names no push of this Key Group that is kept');
  const { failed } = await loadTotals(table, earlier);
  return {
    source: { kind: 'undelivered', pushId, chains: chainsOf(earlier.source) },
    expected: Object.values(failed).reduce((sum, count) => sum + count, 0),
  };
}

async function registeredTo(
  { store, pageUes }: DistributionContext,
  serviceIds: readonly string[],
): Promise<PushTarget> {
  const counts = await Promise.all(serviceIds.map((id) => countRegistrations(store, id, MANY_UES)));
  const services = serviceIds.map((serviceId, index) => ({
    serviceId,
    chains: chainsFor(counts[index] ?? 0, pageUes),
  }));
  return { source: { kind: 'services', services }, expected: counts.reduce((sum, count) => sum + count, 0) };
}
