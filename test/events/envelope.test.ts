import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DetailType, MAX_UES_PER_EVENT } from '../../lib/events/contracts.ts';
import { newEvent, type OutgoingEvent, parseEvent } from '../../lib/events/envelope.ts';
import { EventError } from '../../lib/events/errors.ts';
import { asText, DATA } from './data.ts';

const ABOUT = { eventId: 'e1', now: Date.UTC(2026, 10, 23) };

const TOO_MANY = Array.from({ length: MAX_UES_PER_EVENT + 1 }, (_, index) => `${index}@home1.net`);

/** As EventBridge hands it to a queue. */
function delivered({ detailType, metadata, data }: OutgoingEvent, more: object = {}): string {
  return JSON.stringify({
    version: '0',
    source: 'bmsc.keymanagement',
    'detail-type': detailType,
    detail: { metadata, data },
    ...more,
  });
}

const push = newEvent(
  'Push MSK',
  { keyDomainId: '00f110', mskId: '00010002', target: { ues: ['alice@home1.net'] } },
  ABOUT,
);

/** Changes of an event, and the code of its refusal. */
const REFUSED: readonly [string, Partial<OutgoingEvent>, string][] = [
  ['of another major version', { metadata: { ...push.metadata, schemaVersion: '2.0' } }, 'unknown-version'],
  ['of an unknown name', { detailType: 'Push Everything' as DetailType }, 'unknown-detail-type'],
  ['with an invalid Key Domain ID', { data: { ...push.data, keyDomainId: 'xyz' } }, 'bad-data'],
  ['with an invalid MSK ID', { data: { ...push.data, mskId: '1' } }, 'bad-data'],
  ['for no UE', { data: { ...push.data, target: { ues: [] } } }, 'bad-data'],
  ['for more UEs than an event may list', { data: { ...push.data, target: { ues: TOO_MANY } } }, 'bad-data'],
  ['of no version', { metadata: { ...push.metadata, schemaVersion: '' } }, 'unknown-version'],
  ['with a name of every object', { detailType: 'constructor' as DetailType }, 'unknown-detail-type'],
];

describe('an event', () => {
  test.each(Object.keys(DATA) as DetailType[])('%s goes out and comes back', (detailType) => {
    const about = fc.record({ eventId: fc.string(), now: fc.integer({ min: 0, max: 4e12 }) });
    fc.assert(
      fc.property(DATA[detailType], about, (data, { eventId, now }) => {
        const event = newEvent(detailType, data, { eventId, now });
        const parsed = parseEvent(delivered(event));
        expect(parsed).toMatchObject({ detailType, metadata: event.metadata, replayName: undefined });
        expect(asText(parsed.data)).toEqual(data);
      }),
    );
  });

  test('follows from another by the correlation ID, and is the same when its step is repeated', () => {
    const follower = newEvent('Push MSK', push.data, {
      ...ABOUT,
      eventId: 'e2',
      correlationId: 'e1',
      idempotencyKey: 'step',
    });
    expect(parseEvent(delivered(follower)).metadata).toEqual({
      schemaVersion: '1.0',
      eventId: 'e2',
      correlationId: 'e1',
      idempotencyKey: 'step',
      occurredAt: '2026-11-23T00:00:00.000Z',
    });
  });

  test('that an archive replays says so', () => {
    expect(parseEvent(delivered(push, { 'replay-name': 'again' })).replayName).toBe('again');
  });

  test('of a later minor version, with unknown fields, is read', () => {
    const later = {
      ...push,
      metadata: { ...push.metadata, schemaVersion: '1.7' },
      data: { ...push.data, more: 1 },
    };
    expect(parseEvent(delivered(later)).detailType).toBe('Push MSK');
  });

  test.each(REFUSED)('%s is refused', (_, change, code) => {
    expect(() => parseEvent(delivered({ ...push, ...change } as OutgoingEvent))).toThrow(
      expect.objectContaining({ name: 'EventError', code }),
    );
  });

  test('of another source is refused', () => {
    expect(() => parseEvent(delivered(push, { source: 'aws.ec2' }))).toThrow(EventError);
  });

  test('is a value or an EventError, whatever the text, whatever the JSON, and however an event is changed', () => {
    const parses = (text: string) => {
      try {
        parseEvent(text);
      } catch (error) {
        expect(error).toBeInstanceOf(EventError);
      }
    };
    fc.assert(fc.property(fc.string(), parses));
    fc.assert(fc.property(fc.json(), parses));
    const field = fc.constantFrom('keyDomainId', 'mskId', 'target', 'verification');
    fc.assert(
      fc.property(field, fc.jsonValue(), (name, value) =>
        parses(delivered({ ...push, data: { ...push.data, [name]: value } } as OutgoingEvent)),
      ),
    );
  });
});
