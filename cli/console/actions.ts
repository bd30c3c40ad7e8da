import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { MAX_UES_PER_EVENT, type Pacing } from '../../lib/events/contracts.ts';
import { checkEvent, newEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import type { Impi } from '../../lib/gba/impi.ts';
import { loadKeyGroupOverviews } from '../../lib/inventory/key-groups.ts';
import { formatKeyGroup, formatMskId } from '../../lib/keys/msk-id.ts';
import type { KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import { cancelPush } from '../../lib/store/ledger/cancel-push.ts';
import { blockSubscriber, unblockSubscriber } from '../../lib/store/registration/block.ts';
import { RefusedError, UsageError } from '../errors.ts';
import { checkKeyDomain, type DeployedBmsc } from '../stack.ts';
import type { HolderReadings, MskRef } from './reads/holders.ts';

/** UEs that are listed one by one in pushes; more are pushed to as a group. */
const MAX_LISTED = 10 * MAX_UES_PER_EVENT;

const pushSchema = v.object({
  target: v.union([
    /** Those that lacked the MSK when it was read, at `readAt`. */
    v.object({ missingAt: v.number() }),
    v.object({ ues: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MAX_UES_PER_EVENT)) }),
    v.object({ allHolders: v.literal(true) }),
  ]),
  perSecond: v.optional(v.pipe(v.number(), v.minValue(0.01))),
});

const blockSchema = v.object({ blocked: v.boolean() });

const rotationSchema = v.object({ leadTimeSeconds: v.optional(v.number()) });

/**
 * Publishes the events that push an MSK, after the checks that the command line makes.
 * @returns the IDs of the pushes: one for each 500 UEs that are listed
 * @throws UsageError, RefusedError, EventError
 */
export async function startPush(
  bmsc: DeployedBmsc,
  ref: MskRef,
  body: unknown,
  readings: HolderReadings,
): Promise<{ readonly pushIds: readonly string[] }> {
  const { target, perSecond } = parsed(pushSchema, body);
  await checkMsk(bmsc, ref);
  const pacing = perSecond === undefined ? undefined : { perSecond };
  const events = targetsOf(ref, target, readings).map((each) => pushEvent(ref, each, pacing));
  for (const event of events) checkEvent(event);
  await publishEvents(bmsc.bus, events);
  return { pushIds: events.map(({ metadata }) => metadata.idempotencyKey) };
}

/**
 * Publishes the event that makes the next MSK of a Key Group.
 * @returns the event's ID, under which the ledger has what comes of it
 * @throws UsageError, RefusedError, EventError
 */
export async function startRotation(
  bmsc: DeployedBmsc,
  ref: KeyGroupRef,
  body: unknown,
): Promise<{ readonly eventId: string }> {
  const { leadTimeSeconds } = parsed(rotationSchema, body);
  checkKeyDomain(bmsc, ref.keyDomainId);
  await existingGroup(bmsc, ref);
  const data = {
    keyDomainId: ref.keyDomainId,
    keyGroup: formatKeyGroup(ref.keyGroup),
    ...(leadTimeSeconds === undefined ? {} : { leadTimeSeconds }),
  };
  const eventId = randomUUID();
  const event = newEvent('Rotate MSK', data, { eventId, now: Date.now() });
  checkEvent(event);
  await publishEvents(bmsc.bus, [event]);
  return { eventId };
}

/**
 * Blocks a subscriber, or lets it in again.
 * @returns what has ended with its access
 * @throws UsageError
 */
export async function setBlocked(
  { store }: DeployedBmsc,
  impi: Impi,
  body: unknown,
): Promise<{ readonly associations: number; readonly registrations: number }> {
  const { blocked } = parsed(blockSchema, body);
  if (!blocked) {
    await unblockSubscriber(store, impi, Date.now());
    return { associations: 0, registrations: 0 };
  }
  const { associations, registrations } = await blockSubscriber(store, impi, Date.now());
  return { associations, registrations: registrations.length };
}

/** Stops a push at all senders. @throws RefusedError */
export async function stopPush(
  { store }: DeployedBmsc,
  pushId: string,
): Promise<{ readonly pushId: string }> {
  const result = await cancelPush(store, pushId, { now: Date.now(), id: randomUUID() });
  if (result === 'unknown') throw new RefusedError('unknown-push', 'no sender has taken this push up yet');
  if (result === 'completed')
    throw new RefusedError('completed', 'it is completed: there is nothing to stop');
  return { pushId };
}

type Target = { readonly ues: readonly string[] } | { readonly allHolders: true };

function targetsOf(
  ref: MskRef,
  target: v.InferOutput<typeof pushSchema>['target'],
  readings: HolderReadings,
): readonly Target[] {
  if (!('missingAt' in target)) return [target];
  const ues = readings.missingAt(ref, target.missingAt);
  if (ues === undefined) throw new UsageError('the list is not the latest one any more: read it again');
  if (ues.length === 0) throw new UsageError('no UE lacks this MSK');
  if (ues.length > MAX_LISTED)
    throw new UsageError(`more than ${MAX_LISTED} UEs lack it: push to the whole Key Group`);
  const parts = Math.ceil(ues.length / MAX_UES_PER_EVENT);
  return Array.from({ length: parts }, (_, part) => ({
    ues: ues.slice(part * MAX_UES_PER_EVENT, (part + 1) * MAX_UES_PER_EVENT),
  }));
}

function pushEvent(
  { keyDomainId, mskId }: MskRef,
  target: Target,
  pacing?: Pacing,
): OutgoingEvent<'Push MSK'> {
  const to = 'ues' in target ? { ues: [...target.ues] } : target;
  const data = { keyDomainId, mskId: formatMskId(mskId), target: to, ...(pacing && { pacing }) };
  return newEvent('Push MSK', data, { eventId: randomUUID(), now: Date.now() });
}

async function checkMsk(bmsc: DeployedBmsc, { keyDomainId, mskId }: MskRef): Promise<void> {
  checkKeyDomain(bmsc, keyDomainId);
  const group = await existingGroup(bmsc, { keyDomainId, keyGroup: mskId.keyGroup });
  if (!group.msks.some((msk) => msk.mskId === formatMskId(mskId)))
    throw new RefusedError('unknown-msk', 'there is no such MSK any more');
}

async function existingGroup({ store }: DeployedBmsc, ref: KeyGroupRef) {
  const [group] = await loadKeyGroupOverviews(store, [ref]);
  if (group === undefined) throw new RefusedError('unknown-key-group', 'there is no such Key Group');
  return group;
}

function parsed<Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, body);
  if (!success)
    throw new UsageError(`the page has sent what this command does not take: ${issues[0].message}`);
  return output;
}
