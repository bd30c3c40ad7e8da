import { newEvent, newEventId } from '../../events/envelope.ts';
import { contractBreachOf } from '../../events/errors.ts';
import { stepKey } from '../../events/metadata.ts';
import { readRefusedRequest } from '../../events/refused-request.ts';
import type { DistributionContext } from '../context.ts';
import { type PushRefusal, RequestRefused } from '../errors.ts';
import { DONE, type WorkResult } from './work.ts';

/**
 * Answers a message of the queue that can't succeed by the event `MSK Push Refused`, with the correlation ID
 * of the request where it has one. Ignores what an archive replays, unless `sendReplays` is set.
 * @throws the error itself when another try may mend it; EventError `not-published` or the SDK's errors
 */
export async function refuse(
  context: Pick<DistributionContext, 'publish' | 'now' | 'randomOctets' | 'sendReplays'>,
  body: string,
  error: unknown,
): Promise<WorkResult> {
  const refusal = refusalOf(error);
  if (refusal === undefined) throw error;
  const { detailType, replayName, eventId, correlationId, idempotencyKey } = readRefusedRequest(body);
  if (replayName !== undefined && !context.sendReplays) return DONE;
  const data = {
    ...(idempotencyKey === undefined ? {} : { pushId: idempotencyKey }),
    ...(detailType === undefined ? {} : { request: detailType }),
    ...(eventId === undefined ? {} : { requestId: eventId }),
    ...refusal,
  };
  const about = {
    eventId: newEventId(context.randomOctets),
    now: context.now(),
    ...(correlationId === undefined ? {} : { correlationId }),
    // A refused repetition of a key must not look like the refusal of the first request.
    ...(idempotencyKey === undefined
      ? {}
      : { idempotencyKey: stepKey(`${idempotencyKey}/${eventId}`, 'refused') }),
  };
  await context.publish([newEvent('MSK Push Refused', data, about)]);
  return { kind: 'refused', refusal: { ...refusal, eventId } };
}

function refusalOf(error: unknown): { reason: PushRefusal; message: string } | undefined {
  if (error instanceof RequestRefused) return { reason: error.code, message: error.message };
  return contractBreachOf(error);
}
