import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Delivered, outcomeEvents } from '../../../lib/distribution/push/outcome-events.ts';
import { MAX_UES_PER_EVENT } from '../../../lib/events/contracts.ts';
import { CURRENT_KEY_NUMBER, mskId } from '../../../lib/keys/msk-id.ts';
import { DOMAIN } from '../population.ts';

/** The most that EventBridge takes for one event, in octets. */
const MAX_OCTETS = 256 * 1024;

const about: Delivered = {
  pushId: 'p',
  kind: 'solicited-pull',
  keyDomainId: DOMAIN,
  mskId: mskId(0x0010, CURRENT_KEY_NUMBER),
  correlationId: 'c',
};
const context = { now: () => 0, randomOctets: (length: number) => randomBytes(length) };
const impis = (count: number) =>
  Array.from({ length: count }, (_, index) => `${index}-`.padEnd(241, 'x').concat('@example.net'));

test('a page of many UEs is reported in events that the bus accepts, the same each time', () => {
  const ues = impis(2000);
  const outcome = { verified: ues, sent: ues, failed: { 'not-verified': ues, 'expired-association': ues } };
  const events = outcomeEvents(context, about, 'p/0/0', outcome);
  for (const { data, metadata } of events) {
    expect(Buffer.byteLength(JSON.stringify({ metadata, data }))).toBeLessThan(MAX_OCTETS);
    expect((data as { ues: unknown[] }).ues.length).toBeLessThanOrEqual(MAX_UES_PER_EVENT);
  }
  const reported = (detailType: string) =>
    events
      .filter((event) => event.detailType === detailType)
      .flatMap(({ data }) => (data as { ues: unknown[] }).ues);
  expect(reported('MSK Delivered')).toEqual(ues);
  expect(reported('MSK Pull Solicited')).toEqual(ues);
  expect(reported('MSK Delivery Failed')).toHaveLength(4000);
  const keys = events.map(({ metadata }) => metadata.idempotencyKey);
  expect(new Set(keys).size).toBe(keys.length);
  expect(
    outcomeEvents(context, about, 'p/0/0', outcome).map(({ metadata }) => metadata.idempotencyKey),
  ).toEqual(keys);
});

test('a page of few UEs is reported in one event for each outcome', () => {
  const events = outcomeEvents(context, about, 'p/0/0', {
    verified: ['a'],
    sent: [],
    failed: { 'no-route': ['b'] },
  });
  expect(events.map(({ metadata }) => metadata.idempotencyKey)).toEqual(['p/0/0/delivered', 'p/0/0/failed']);
});
