import { createHash } from 'node:crypto';
import * as v from 'valibot';

/** The longest event ID, correlation ID and idempotency key, in octets of UTF-8. */
export const MAX_ID_OCTETS = 256;

/** An ID of an event. Text that is not well-formed would be another one in the table. */
export const eventIdText = v.pipe(
  v.string(),
  v.minBytes(1, 'takes 1 to 256 octets, not an empty text'),
  v.maxBytes(MAX_ID_OCTETS, `takes 1 to ${MAX_ID_OCTETS} octets`),
  v.check((text) => text.isWellFormed(), 'takes well-formed Unicode'),
);

/** What an event has beside its data. Times are ISO 8601 in UTC. */
export const eventMetadata = v.object({
  schemaVersion: v.pipe(v.string(), v.maxBytes(MAX_ID_OCTETS)),
  eventId: eventIdText,
  correlationId: eventIdText,
  idempotencyKey: eventIdText,
  occurredAt: v.pipe(v.string(), v.maxBytes(MAX_ID_OCTETS)),
});

/** The same, parsed. */
export type EventMetadata = Readonly<v.InferOutput<typeof eventMetadata>>;

/**
 * The idempotency key of a step that follows from an event: `key/step`. A key that would be too long is
 * replaced by its SHA-256.
 */
export function stepKey(idempotencyKey: string, step: string): string {
  const key = `${idempotencyKey}/${step}`;
  if (Buffer.byteLength(key) <= MAX_ID_OCTETS) return key;
  return `${createHash('sha256').update(idempotencyKey).digest('hex')}/${step}`;
}
