import { randomUUID } from 'node:crypto';
import type { EventInput, ROTATION_REQUESTS } from '../../lib/events/contracts.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER } from '../../lib/keys/msk-id.ts';
import { loadKeyGroup } from '../../lib/store/key-group/key-group.ts';
import { CliError, UsageError } from '../errors.ts';
import type { CommandOptions } from '../options.ts';
import { createPrint } from '../output.ts';
import { checkKeyDomain, type DeployedBmsc, findBmsc } from '../stack.ts';
import { checkBeforePublishing } from './check-event.ts';

type RotationRequest = (typeof ROTATION_REQUESTS)[number];

/** The Key Group that a request is about, and the Key Number unless it is for the next MSK. */
export interface RotatedMsk {
  readonly keyDomainId: KeyDomainId;
  readonly keyGroup: number;
  readonly keyNumber?: number;
}

/** Publishes an event that makes the Key Rotation function act now, and prints the event's ID. */
export async function requestRotation<T extends RotationRequest>(
  detailType: T,
  data: EventInput<T> & { readonly keyDomainId: string },
  ref: RotatedMsk,
  options: CommandOptions,
  text: string,
): Promise<void> {
  const identity = { eventId: randomUUID(), now: Date.now() };
  const event = newEvent<RotationRequest>(detailType, data, identity);
  checkBeforePublishing(event);
  const bmsc = await findBmsc(options);
  await checkGroup(bmsc, detailType, ref);
  await publishEvents(bmsc.bus, [event]);
  createPrint(options.json)(`${text} of Key Domain ${data.keyDomainId}`, {
    eventId: identity.eventId,
    ...data,
  });
}

/** Refuses here, where a person reads why, what the Key Rotation function would refuse. @throws CliError */
async function checkGroup(
  bmsc: DeployedBmsc,
  detailType: RotationRequest,
  { keyDomainId, keyGroup, keyNumber }: RotatedMsk,
): Promise<void> {
  if (keyNumber === CURRENT_KEY_NUMBER)
    throw new UsageError('Key Number 0000 stands for the current MSK: name the Key Number itself');
  checkKeyDomain(bmsc, keyDomainId);
  const group = await loadKeyGroup(bmsc.store, { keyDomainId, keyGroup });
  if (group === undefined) throw new CliError('there is no such Key Group');
  if (keyNumber !== undefined && !group.msks.has(keyNumber)) throw new CliError('there is no such MSK');
  const isReady = group.prepared?.keyNumber === keyNumber || group.currentKeyNumber === keyNumber;
  if (detailType === 'Activate MSK' && !isReady) throw new CliError('the MSK is not prepared');
}
