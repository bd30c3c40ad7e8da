import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DetailType, EventInput } from '../../lib/events/contracts.ts';
import { newEvent, type OutgoingEvent, parseEvent } from '../../lib/events/envelope.ts';
import { EventError } from '../../lib/events/errors.ts';

const EXAMPLES: { readonly [T in DetailType]?: EventInput<T> } = {
  'MSK Request Granted': {
    impi: 'alice@home1.net',
    bTid: 'AAAAAAAAAAAAAAAAAAAAAA==@bsf.home1.net',
    msks: [{ keyDomainId: '00f110', mskId: '00010002' }],
  },
  'Push MSK': { keyDomainId: '00f110', mskId: '00010002', target: { ues: ['alice@home1.net'] } },
  'Solicit MSK Pull': { keyDomainId: '00f110', keyGroup: '0001', target: { ues: ['alice@home1.net'] } },
  'UE Registered': {
    impi: 'alice@home1.net',
    bTid: 'AAAAAAAAAAAAAAAAAAAAAA==@bsf.home1.net',
    serviceIds: ['urn:example:news'],
  },
};
const ABOUT = { eventId: 'e1', now: Date.UTC(2026, 10, 23) };

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

const push = newEvent('Push MSK', EXAMPLES['Push MSK'] ?? fail(), ABOUT);

function fail(): never {
  throw new Error('there is no example');
}

describe('an event', () => {
  test.each(Object.keys(EXAMPLES) as DetailType[])('%s goes out and comes back', (detailType) => {
    const event = newEvent(detailType, EXAMPLES[detailType] ?? fail(), ABOUT);
    expect(parseEvent(delivered(event))).toMatchObject({
      detailType,
      metadata: { eventId: 'e1', correlationId: 'e1', idempotencyKey: 'e1' },
      replayName: undefined,
    });
  });

  test('that an archive replays says so', () => {
    expect(parseEvent(delivered(push, { 'replay-name': 'again' })).replayName).toBe('again');
  });

  test('of a later minor version, with fields that are not known here, is read', () => {
    const later = {
      ...push,
      metadata: { ...push.metadata, schemaVersion: '1.7' },
      data: { ...push.data, more: 1 },
    };
    expect(parseEvent(delivered(later)).detailType).toBe('Push MSK');
  });

  test.each([
    ['of another major version', { metadata: { ...push.metadata, schemaVersion: '2.0' } }, 'unknown-version'],
    ['of a name that is not known', { detailType: 'Push Everything' as DetailType }, 'unknown-detail-type'],
    ['with a Key Domain ID that is none', { data: { ...push.data, keyDomainId: 'xyz' } }, 'bad-data'],
    ['with an MSK ID that is none', { data: { ...push.data, mskId: '1' } }, 'bad-data'],
  ])('%s is refused', (_, change, code) => {
    expect(() => parseEvent(delivered({ ...push, ...change } as OutgoingEvent))).toThrow(
      expect.objectContaining({ name: 'EventError', code }),
    );
  });

  test('of another source is refused', () => {
    expect(() => parseEvent(delivered(push, { source: 'aws.ec2' }))).toThrow(EventError);
  });

  test('is a value or an EventError, whatever the text, whatever the JSON, and however an event is changed', () => {
    const takes = (text: string) => {
      try {
        parseEvent(text);
      } catch (error) {
        expect(error).toBeInstanceOf(EventError);
      }
    };
    fc.assert(fc.property(fc.string(), takes));
    fc.assert(fc.property(fc.json(), takes));
    const field = fc.constantFrom('keyDomainId', 'mskId', 'target', 'verification');
    fc.assert(
      fc.property(field, fc.jsonValue(), (name, value) =>
        takes(delivered({ ...push, data: { ...push.data, [name]: value } } as OutgoingEvent)),
      ),
    );
  });
});
