import { ROTATION_REQUESTS } from '../../events/contracts.ts';
import { newEvent } from '../../events/envelope.ts';
import { contractBreachOf } from '../../events/errors.ts';
import { aboutRefusal, readRefusedRequest, requestFields } from '../../events/refused-request.ts';
import { putRequestOutcome } from '../../store/ledger/request-outcome.ts';
import type { DistributionContext } from '../context.ts';
import { type PushRefusal, RequestRefused } from '../errors.ts';
import { DONE, type WorkResult } from './work.ts';

/**
 * Answers a message of the queue that can't succeed by the event `MSK Push Refused`, with the correlation ID
 * of the request where it has one, and records the refusal under the ID of its push. Ignores what an archive
 * replays, unless `sendReplays` is set.
 * @throws the error itself when another try may mend it; EventError `not-published` or the SDK's errors
 */
export async function refuse(
  context: Pick<DistributionContext, 'publish' | 'now' | 'randomOctets' | 'sendReplays' | 'store'>,
  body: string,
  error: unknown,
): Promise<WorkResult> {
  const refusal = refusalOf(error);
  if (refusal === undefined) throw error;
  const request = readRefusedRequest(body);
  const { detailType, replayName, eventId, correlationId, idempotencyKey } = request;
  if (replayName !== undefined && !context.sendReplays) return DONE;
  const pushId = isRotation(detailType) ? undefined : idempotencyKey;
  const data = {
    ...(pushId === undefined ? {} : { pushId }),
    ...requestFields(request),
    ...refusal,
  };
  await context.publish([newEvent('MSK Push Refused', data, aboutRefusal(request, context))]);
  if (pushId !== undefined && eventId !== undefined) {
    const outcome = { result: 'refused', ...refusal };
    await putRequestOutcome(context.store, { idempotencyKey: pushId, eventId }, outcome, context.now());
  }
  return { kind: 'refused', refusal: { ...refusal, eventId, correlationId } };
}

/** A request for a rotation names no push; the rotation function answers it where it arrives there too. */
function isRotation(detailType: string | undefined): boolean {
  return ROTATION_REQUESTS.some((name) => name === detailType);
}

function refusalOf(error: unknown): { reason: PushRefusal; message: string } | undefined {
  if (error instanceof RequestRefused) return { reason: error.code, message: error.message };
  return contractBreachOf(error);
}
