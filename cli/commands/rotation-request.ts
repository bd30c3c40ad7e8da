import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventInput, ROTATION_REQUESTS } from '../../lib/events/contracts.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER } from '../../lib/keys/msk-id.ts';
import {
  loadRequestOutcome,
  type RequestId,
  type RequestOutcome,
} from '../../lib/store/ledger/request-outcome.ts';
import { CliError, RefusedError, UsageError } from '../errors.ts';
import { type CommandOptions, isWatching, type WatchOptions } from '../options.ts';
import { createPrint, formatTime } from '../output.ts';
import { checkKeyDomain, type DeployedBmsc, findBmsc } from '../stack.ts';
import { checkBeforePublishing } from './check-event.ts';
import { existingKeyGroup } from './existing-key-group.ts';

type RotationRequest = (typeof ROTATION_REQUESTS)[number];

/** Lambda takes an event up within seconds, and tries again after a minute. */
const ANSWER_IN_MS = 90_000;
/** Time between two looks at the ledger, in ms. */
const LOOK_MS = 300;

/** The Key Group that a request is about, and the Key Number unless it is for the next MSK. */
export interface RotatedMsk {
  readonly keyDomainId: KeyDomainId;
  readonly keyGroup: number;
  readonly keyNumber?: number;
}

/**
 * Publishes an event that makes the Key Rotation function act now, prints the event's ID, and waits for the
 * answer if asked to.
 * @throws CliError
 */
export async function requestRotation<T extends RotationRequest>(
  detailType: T,
  data: EventInput<T> & { readonly keyDomainId: string },
  ref: RotatedMsk,
  options: CommandOptions & WatchOptions,
  text: string,
): Promise<void> {
  const identity = { eventId: randomUUID(), now: Date.now() };
  const event = newEvent<RotationRequest>(detailType, data, identity);
  checkBeforePublishing(event);
  const bmsc = await findBmsc(options);
  await checkGroup(bmsc, detailType, ref);
  await publishEvents(bmsc.bus, [event]);
  const print = createPrint(options.json);
  print(`${text} of Key Domain ${data.keyDomainId}`, { eventId: identity.eventId, ...data });
  if (!isWatching(options)) return;
  const answer = await answerTo(bmsc, event.metadata);
  print(describeAnswer(answer), { ...answer });
}

/** Waits for what came of a request. @throws RefusedError; CliError when there is no answer */
async function answerTo({ store }: DeployedBmsc, id: RequestId): Promise<RequestOutcome> {
  const deadline = Date.now() + ANSWER_IN_MS;
  while (Date.now() < deadline) {
    const outcome = await loadRequestOutcome(store, id);
    if (outcome?.result === 'refused') {
      const { reason = '', message = reason } = outcome;
      throw new RefusedError(reason, `refused: ${message}`);
    }
    if (outcome !== undefined) return outcome;
    await delay(LOOK_MS);
  }
  throw new CliError(
    `no answer to request ${id.eventId} in ${ANSWER_IN_MS / 1000} s; it may still be carried out. ` +
      'Read the log of the Key Rotation function, and see bmsc redrive --list.',
  );
}

function describeAnswer(answer: RequestOutcome): string {
  const { result, mskId = '', activateAt = '', currentMskId = '', pushIds = [] } = answer;
  switch (result) {
    case 'prepared':
      return `MSK ${mskId} is prepared, and the current one from ${formatTime(Date.parse(activateAt))}: push ${pushIds.join(', ')}`;
    case 'mtk-imported':
      return `the MTK is sent under MSK ${mskId}`;
    case 'activated':
      return `MSK ${mskId} is the current one`;
    case 'revoked':
      return `MSK ${mskId} is revoked, and ${currentMskId} the current one: pushes ${pushIds.join(', ')}`;
    default:
      return result;
  }
}

/**
 * Refuses here, where a person reads why, what the Key Rotation function would refuse.
 * @throws UsageError, RefusedError
 */
async function checkGroup(
  bmsc: DeployedBmsc,
  detailType: RotationRequest,
  { keyDomainId, keyGroup, keyNumber }: RotatedMsk,
): Promise<void> {
  if (keyNumber === CURRENT_KEY_NUMBER)
    throw new UsageError('Key Number 0000 stands for the current MSK: name the Key Number itself');
  checkKeyDomain(bmsc, keyDomainId);
  const group = await existingKeyGroup(bmsc.store, { keyDomainId, keyGroup });
  if (keyNumber !== undefined && !group.msks.has(keyNumber))
    throw new RefusedError('unknown-msk', 'there is no such MSK');
  const isReady = group.prepared?.keyNumber === keyNumber || group.currentKeyNumber === keyNumber;
  if (detailType === 'Activate MSK' && !isReady)
    throw new RefusedError('not-prepared', 'the MSK is not prepared');
}
