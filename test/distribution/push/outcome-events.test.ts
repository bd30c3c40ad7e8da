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

test('a page of many UEs is told of in events that the bus takes, the same each time', () => {
  const ues = impis(2000);
  const outcome = { verified: ues, sent: ues, failed: { 'not-verified': ues, 'expired-association': ues } };
  const facts = outcomeEvents(context, about, 'p/0/0', outcome);
  for (const { data, metadata } of facts) {
    expect(Buffer.byteLength(JSON.stringify({ metadata, data }))).toBeLessThan(MAX_OCTETS);
    expect((data as { ues: unknown[] }).ues.length).toBeLessThanOrEqual(MAX_UES_PER_EVENT);
  }
  const told = (detailType: string) =>
    facts
      .filter((fact) => fact.detailType === detailType)
      .flatMap(({ data }) => (data as { ues: unknown[] }).ues);
  expect(told('MSK Delivered')).toEqual(ues);
  expect(told('MSK Pull Solicited')).toEqual(ues);
  expect(told('MSK Delivery Failed')).toHaveLength(4000);
  const keys = facts.map(({ metadata }) => metadata.idempotencyKey);
  expect(new Set(keys).size).toBe(keys.length);
  expect(
    outcomeEvents(context, about, 'p/0/0', outcome).map(({ metadata }) => metadata.idempotencyKey),
  ).toEqual(keys);
});

test('a page of few UEs is told of in one event for each outcome', () => {
  const facts = outcomeEvents(context, about, 'p/0/0', {
    verified: ['a'],
    sent: [],
    failed: { 'no-route': ['b'] },
  });
  expect(facts.map(({ metadata }) => metadata.idempotencyKey)).toEqual(['p/0/0/delivered', 'p/0/0/failed']);
});
