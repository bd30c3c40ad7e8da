import { newEvent } from '../events/envelope.ts';
import { contractBreachOf } from '../events/errors.ts';
import { aboutRefusal, readRefusedRequest, requestFields } from '../events/refused-request.ts';
import { recordOutcome } from './answer-request.ts';
import type { RotationContext, RotationOutcome } from './context.ts';

/**
 * Answers an event that breaks the contract by `MSK Rotation Refused`, with what can be read of it. Ignores
 * what an archive replays.
 * @throws the error itself when another try may mend it; EventError `not-published` or the SDK's errors
 */
export async function refuseMalformed(
  context: Pick<RotationContext, 'publish' | 'now' | 'randomOctets' | 'store'>,
  text: string,
  error: unknown,
): Promise<RotationOutcome> {
  const breach = contractBreachOf(error);
  if (breach === undefined) throw error;
  const request = readRefusedRequest(text);
  const { replayName, eventId, idempotencyKey, keyDomainId, keyGroup } = request;
  if (replayName !== undefined) return { result: 'replayed' };
  const data = {
    ...(keyDomainId === undefined ? {} : { keyDomainId }),
    ...(keyGroup === undefined ? {} : { keyGroup }),
    ...requestFields(request),
    ...breach,
  };
  await context.publish([newEvent('MSK Rotation Refused', data, aboutRefusal(request, context))]);
  const outcome: RotationOutcome = { result: 'refused', ...breach };
  if (idempotencyKey !== undefined && eventId !== undefined)
    await recordOutcome(context, { idempotencyKey, eventId }, outcome);
  return outcome;
}
