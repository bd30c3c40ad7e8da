import { randomBytes } from 'node:crypto';
import type { DetailType, EventInput } from '../../lib/events/contracts.ts';
import { newEvent, type OutgoingEvent, parseEvent } from '../../lib/events/envelope.ts';
import type { ActivationId, ScheduledActivation } from '../../lib/key-rotation/activation-schedule.ts';
import type { RotationContext } from '../../lib/key-rotation/context.ts';
import { handleRotationEvent } from '../../lib/key-rotation/rotate.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup, formatMskId, mskId } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadKeyGroup, putMsk } from '../../lib/store/key-group/key-group.ts';
import type { KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { startTable, type TestTable } from '../store/table.ts';

export const NOW = Date.UTC(2026, 10, 23);
export const LEAD_TIME_MS = 3_600_000;
export const keyDomainId = parseKeyDomainId('00f110');

export let table: TestTable;
export let ref: KeyGroupRef;
export let published: OutgoingEvent[];
export let scheduled: ScheduledActivation[];
export let cancelled: ActivationId[];
export let context: RotationContext;
let failing = 0;
let groups = 0;

/** A Key Group with the current MSK 4, and a BM-SC that has done nothing yet. */
export async function startGroup(): Promise<void> {
  await table?.close();
  table = await startTable();
  groups += 1;
  ref = { keyDomainId, keyGroup: groups };
  published = [];
  scheduled = [];
  cancelled = [];
  failing = 0;
  await putUserService(table, { serviceId: 'urn:example:news', keyGroups: [ref] });
  await putMsk(table, ref, { keyNumber: 4, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY });
  context = {
    store: table,
    publish: async (events) => {
      if (failing > 0) {
        failing -= 1;
        throw new Error('the bus is away');
      }
      published.push(...events);
    },
    scheduleActivation: async (activation) => void scheduled.push(activation),
    cancelActivation: async (activation) => void cancelled.push(activation),
    unwrap: () => Promise.reject(new Error('no key is imported here')),
    leadTimeMs: LEAD_TIME_MS,
    now: () => NOW,
    randomOctets: (length) => randomBytes(length),
  };
}

/** Hands an event to the Key Rotation function. */
export function handle<T extends DetailType>(
  detailType: T,
  data: EventInput<T>,
  idempotencyKey: string,
  { replayName, eventId }: { readonly replayName?: string; readonly eventId?: string | undefined } = {},
) {
  const about = {
    eventId: eventId ?? randomBytes(8).toString('hex'),
    now: NOW,
    correlationId: 'c',
    idempotencyKey,
  };
  const { metadata } = newEvent<DetailType>(detailType, data, about);
  const event = {
    source: 'bmsc.keymanagement',
    'detail-type': detailType,
    detail: { metadata, data },
    ...(replayName === undefined ? {} : { 'replay-name': replayName }),
  };
  return handleRotationEvent(context, parseEvent(JSON.stringify(event)));
}

export const rotate = (key: string, more: Partial<EventInput<'Rotate MSK'>> = {}, eventId?: string) =>
  handle('Rotate MSK', { keyDomainId, keyGroup: formatKeyGroup(ref.keyGroup), ...more }, key, { eventId });
export const id = (keyNumber: number) => formatMskId(mskId(ref.keyGroup, keyNumber));
export const activate = (keyNumber: number, key: string, eventId?: string) =>
  handle('Activate MSK', { keyDomainId, mskId: id(keyNumber) }, key, { eventId });
export const revoke = (keyNumber: number, key: string, eventId?: string) =>
  handle('Revoke MSK', { keyDomainId, mskId: id(keyNumber) }, key, { eventId });
export const group = () => loadKeyGroup(table, ref);
export const publishedEvents = () =>
  published.map(({ detailType, data, metadata }) => [detailType, metadata.idempotencyKey, data]);

/** Changes what surrounds the Key Rotation function, until the next `startGroup`. */
export function changeContext(changed: Partial<RotationContext>): void {
  context = { ...context, ...changed };
}

/** Makes the bus fail once. */
export function failNextPublishing(): void {
  failing = 1;
}
