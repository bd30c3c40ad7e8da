import { randomUUID } from 'node:crypto';
import type { EventInput, ROTATION_REQUESTS } from '../../lib/events/contracts.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import type { CommandOptions } from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';

type RotationRequest = (typeof ROTATION_REQUESTS)[number];

/** Publishes an event that makes the Key Rotation function act now, and prints the event's ID. */
export async function requestRotation<T extends RotationRequest>(
  detailType: T,
  data: EventInput<T> & { readonly keyDomainId: string },
  options: CommandOptions,
  text: string,
): Promise<void> {
  const identity = { eventId: randomUUID(), now: Date.now() };
  const event = newEvent<RotationRequest>(detailType, data, identity);
  await publishEvents((await findBmsc(options)).bus, [event]);
  createPrint(options.json)(`${text} of Key Domain ${data.keyDomainId}`, {
    eventId: identity.eventId,
    ...data,
  });
}
