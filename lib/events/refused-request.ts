import * as v from 'valibot';
import { newEventId } from './envelope.ts';
import { eventIdText, stepKey } from './metadata.ts';

/** What can be read of a request that is refused; what is missing or wrong is left out. */
export interface RefusedRequest {
  readonly detailType?: string | undefined;
  readonly replayName?: string | undefined;
  readonly eventId?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly keyDomainId?: string | undefined;
  readonly keyGroup?: string | undefined;
}

const readable = <T extends v.GenericSchema<string, string>>(schema: T) =>
  v.fallback(v.optional(schema), undefined);
const hex = (digits: number) =>
  readable(v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`, 'i'))));
const noMetadata = { eventId: undefined, correlationId: undefined, idempotencyKey: undefined };
const noData = { keyDomainId: undefined, keyGroup: undefined, mskId: undefined };

const request = v.object({
  'detail-type': readable(v.pipe(v.string(), v.maxLength(128))),
  'replay-name': readable(v.string()),
  detail: v.fallback(
    v.object({
      metadata: v.fallback(
        v.object({
          eventId: readable(eventIdText),
          correlationId: readable(eventIdText),
          idempotencyKey: readable(eventIdText),
        }),
        noMetadata,
      ),
      data: v.fallback(v.object({ keyDomainId: hex(6), keyGroup: hex(4), mskId: hex(8) }), noData),
    }),
    { metadata: noMetadata, data: noData },
  ),
});

/** Reads of a refused request whatever can be read. It takes any text, and throws nothing. */
export function readRefusedRequest(text: string): RefusedRequest {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), request), text);
  if (!parsed.success) return {};
  const { 'detail-type': detailType, 'replay-name': replayName, detail } = parsed.output;
  const { keyDomainId, keyGroup, mskId } = detail.data;
  return {
    detailType,
    replayName,
    ...detail.metadata,
    keyDomainId,
    keyGroup: keyGroup ?? mskId?.slice(0, 4),
  };
}

/** What a refusal says of the request that it answers. */
export function requestFields({ detailType, eventId }: RefusedRequest) {
  return {
    ...(detailType === undefined ? {} : { request: detailType }),
    ...(eventId === undefined ? {} : { requestId: eventId }),
  };
}

/**
 * What makes a refusal an event, as `newEvent` takes it: the correlation ID of the request, and an
 * idempotency key of its own. The refusal of a repetition must not look like the refusal of the first
 * request.
 */
export function aboutRefusal(
  { eventId, correlationId, idempotencyKey }: RefusedRequest,
  {
    now,
    randomOctets,
  }: { readonly now: () => number; readonly randomOctets: (length: number) => Uint8Array },
) {
  return {
    eventId: newEventId(randomOctets),
    now: now(),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(idempotencyKey === undefined
      ? {}
      : { idempotencyKey: stepKey(`${idempotencyKey}/${eventId}`, 'refused') }),
  };
}
