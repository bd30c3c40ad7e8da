import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DetailType, MAX_UES_PER_EVENT, SCHEMA_VERSION } from '../../lib/events/contracts.ts';
import { checkEvent, newEvent, type OutgoingEvent, parseEvent } from '../../lib/events/envelope.ts';
import { EventError } from '../../lib/events/errors.ts';
import { MAX_ID_OCTETS, stepKey } from '../../lib/events/metadata.ts';
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
    const about = fc.record({
      eventId: fc.string({ minLength: 1, maxLength: 64 }),
      now: fc.integer({ min: 0, max: 4e12 }),
    });
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
      schemaVersion: SCHEMA_VERSION,
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

  test.each(['eventId', 'correlationId', 'idempotencyKey'] as const)(
    'has a %s of 1 to 256 octets',
    (name) => {
      const withId = (id: string) => delivered({ ...push, metadata: { ...push.metadata, [name]: id } });
      expect(parseEvent(withId('é'.repeat(MAX_ID_OCTETS / 2))).detailType).toBe('Push MSK');
      for (const id of ['', 'é'.repeat(MAX_ID_OCTETS / 2 + 1), '\ud800'])
        expect(() => parseEvent(withId(id))).toThrow(`detail.metadata.${name}: takes `);
    },
  );

  test('of a step has a key within the limit, another for each step and key', () => {
    const long = 'k'.repeat(MAX_ID_OCTETS);
    expect(stepKey('k', 'push')).toBe('k/push');
    const keys = [stepKey(long, 'push'), stepKey(long, 'activate'), stepKey(`j${long.slice(1)}`, 'push')];
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(MAX_ID_OCTETS);
  });

  test.each([
    [{}, 'target: takes one of ues, serviceId, allHolders, undeliveredOf'],
    [{ allUes: true }, 'target: takes one of ues, serviceId, allHolders, undeliveredOf'],
    [
      { ues: ['not an IMPI'], allHolders: true },
      'target: takes one of ues, serviceId, allHolders, undeliveredOf',
    ],
    [
      { serviceId: 'urn:a', allHolders: true },
      'target: takes one of ues, serviceId, allHolders, undeliveredOf',
    ],
    ['everybody', 'target: takes one of ues, serviceId, allHolders, undeliveredOf'],
    [{ ues: ['alice'] }, 'target.ues.0: an IMPI has the form user@realm'],
    [{ allHolders: 1 }, 'target.allHolders: Invalid type: Expected true but received 1'],
    [{ ues: Array.from({ length: 9 }, () => 'alice') }, 'and 4 more'],
  ])('for %j is refused with a message for people', (target, message) => {
    const wrong = { ...push, data: { ...push.data, target } } as OutgoingEvent;
    expect(() => parseEvent(delivered(wrong))).toThrow(message);
    expect(() => checkEvent(wrong)).toThrow(message);
  });

  test('is checked before it goes out as it is when it comes in', () => {
    expect(() => checkEvent(push)).not.toThrow();
    const endless = { ...push, data: { ...push.data, pacing: { perSecond: Number.POSITIVE_INFINITY } } };
    expect(() => checkEvent(endless)).toThrow(expect.objectContaining({ code: 'bad-data' }));
    const noKey = { ...push, metadata: { ...push.metadata, idempotencyKey: '' } };
    expect(() => checkEvent(noKey)).toThrow(expect.objectContaining({ code: 'bad-data' }));
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
