import type { EventData } from '../../events/contracts.ts';
import type { EventMetadata } from '../../events/envelope.ts';
import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER, type MskId, mskId } from '../../keys/msk-id.ts';
import { REGISTRATION_SHARDS } from '../../store/item-keys.ts';
import { findMsk, loadKeyGroup } from '../../store/key-group/key-group.ts';
import type { KeyGroup } from '../../store/key-group/key-group-item.ts';
import {
  chainsOf,
  loadPush,
  type Pacing,
  type Push,
  type PushSource,
  putPush,
} from '../../store/ledger/push.ts';
import { loadTotals } from '../../store/ledger/push-chain.ts';
import { countRegistrations } from '../../store/registration/registration-page.ts';
import type { DistributionContext } from '../context.ts';

/** A push or solicited pull as an event asks for it. */
export interface AskedPush {
  readonly kind: Push['kind'];
  readonly keyDomainId: KeyDomainId;
  /** Key Number 0x0: the current MSK. */
  readonly mskId: MskId;
  readonly target: EventData<'Push MSK'>['target'];
  readonly verification: boolean | undefined;
  readonly pacing: Pacing;
}

/** A User Service of at least so many UEs is gone through by all shards side by side, a smaller one in one go. */
const MANY_UES = 4000;

/** UEs that may come back in one second where nothing else is said. */
const PULLS_PER_SECOND = 100;

/** What an event `Push MSK` asks for. */
export function askedMskPush({
  keyDomainId,
  mskId,
  target,
  verification,
  pacing,
}: EventData<'Push MSK'>): AskedPush {
  return { kind: 'msk', keyDomainId, mskId, target: eachOnce(target), verification, pacing };
}

/** What an event `Solicit MSK Pull` asks for. */
export function askedPull({
  keyDomainId,
  keyGroup,
  target,
  pacing,
}: EventData<'Solicit MSK Pull'>): AskedPush {
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

/** A UE that an event lists twice is one UE: it gets one message, and counts once. */
function eachOnce(target: AskedPush['target']): AskedPush['target'] {
  return 'ues' in target ? { ues: [...new Set(target.ues)] } : target;
}

/**
 * Lays down a push, unless the same event has done so before: which MSK, whose UEs, in which chains. It is all
 * settled here, so that every page of it sends the same MSK.
 */
export async function startPush(
  context: DistributionContext,
  asked: AskedPush,
  { pushId, metadata }: { pushId: string; metadata: EventMetadata },
): Promise<Push> {
  const { store } = context;
  const known = await loadPush(store, pushId);
  if (known !== undefined) return known;
  const { keyDomainId, kind } = asked;
  const group = await loadKeyGroup(store, { keyDomainId, keyGroup: asked.mskId.keyGroup });
  const isGroup = !('ues' in asked.target);
  const { source, expected } = await sourceOf(context, asked, group);
  const spreadSeconds =
    asked.pacing.spreadSeconds ??
    (kind === 'solicited-pull' && isGroup ? defaultSpread(context, expected) : 0);
  return putPush(store, {
    pushId,
    kind,
    keyDomainId,
    mskId: resolved(asked, group),
    verification: asked.verification,
    pacing: { ...asked.pacing, spreadSeconds },
    source,
    correlationId: metadata.correlationId,
    startedAt: context.now(),
    expected,
  });
}

/** Few UEs need not wait for as long as many do, in s. */
function defaultSpread({ spreadSeconds }: DistributionContext, expected: number): number {
  return Math.min(spreadSeconds, expected / PULLS_PER_SECOND);
}

/** The current MSK as it is now; a solicited pull keeps Key Number 0x0. */
function resolved({ kind, mskId: asked }: AskedPush, group: KeyGroup | undefined): MskId {
  const current = group?.currentKeyNumber;
  if (kind === 'solicited-pull' || asked.keyNumber !== CURRENT_KEY_NUMBER || current === undefined)
    return asked;
  return mskId(asked.keyGroup, current);
}

async function sourceOf(
  { store }: DistributionContext,
  { kind, target, mskId }: AskedPush,
  group: KeyGroup | undefined,
): Promise<{ source: PushSource; expected: number }> {
  if ('ues' in target) return { source: { kind: 'listed', ues: target.ues }, expected: target.ues.length };
  const exists =
    group !== undefined && (kind === 'solicited-pull' || findMsk(group, mskId.keyNumber) !== undefined);
  if ('undeliveredOf' in target) {
    const earlier = await loadPush(store, target.undeliveredOf);
    const isSameGroup =
      exists && earlier?.keyDomainId === group.keyDomainId && earlier.mskId.keyGroup === group.keyGroup;
    if (!isSameGroup) return NOBODY;
    const { failed } = await loadTotals(store, earlier);
    const expected = Object.values(failed).reduce((sum, count) => sum + count, 0);
    const source = { kind: 'undelivered', pushId: earlier.pushId, chains: chainsOf(earlier.source) } as const;
    return { source, expected };
  }
  // Nobody is to be told that he did not get an MSK that does not exist.
  if (!exists) return NOBODY;
  const wanted =
    'serviceId' in target
      ? [target.serviceId].filter((id) => group.services.has(id))
      : [...group.services].sort();
  const counts = await Promise.all(wanted.map((serviceId) => countRegistrations(store, serviceId, MANY_UES)));
  const services = wanted.map((serviceId, index) => ({
    serviceId,
    chains: (counts[index] ?? 0) < MANY_UES ? 1 : REGISTRATION_SHARDS,
  }));
  return { source: { kind: 'services', services }, expected: counts.reduce((sum, count) => sum + count, 0) };
}

const NOBODY = { source: { kind: 'services', services: [] }, expected: 0 } as const;
