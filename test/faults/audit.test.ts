import { describe, expect, test } from 'vitest';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { auditPush, type Expectation } from './audit.ts';
import type { RequestedPush } from './harness.ts';
import { impiOf } from './identities.ts';
import { createOutcomeListener } from './outcomes.ts';

const MSK = '00010001';
const KEY = new SecretKey(Buffer.alloc(16, 5));
const OTHER_KEY = new SecretKey(Buffer.alloc(16));
const COUNT = 10;

/** A push without any fault: UE 9 is out of reach. */
function aPush() {
  const listener = createOutcomeListener();
  const report = (detailType: string, data: Record<string, unknown>) =>
    listener.receive({ 'detail-type': detailType, source: '', detail: { data: { pushId: 'p', ...data } } });
  const impis = Array.from({ length: COUNT }, (_, index) => impiOf(index));
  const delivered = (ues: readonly string[]) => report('MSK Delivered', { ues });
  const failed = (ues: readonly string[]) =>
    report('MSK Delivery Failed', { ues: ues.map((impi) => ({ impi, reason: 'not-verified' })) });
  const completed = (verified: number, notVerified: number) =>
    report('MSK Push Completed', { expected: COUNT, verified, failed: { 'not-verified': notVerified } });
  const held = new Map(impis.slice(0, 9).map((impi) => [impi, KEY]));
  const heldBy = (index: number) => {
    const key = held.get(impiOf(index));
    return new Map(key === undefined ? [] : [[MSK, key]]);
  };
  const ues = { count: COUNT, heldBy };
  const push: RequestedPush = {
    pushId: 'p',
    mskId: MSK,
    msk: KEY,
    requestedAt: 0,
    outcomes: listener.of('p'),
  };
  const expectationOf = (index: number): Expectation => (index === 9 ? 'undelivered' : 'verified');
  const wrong = () =>
    auditPush({ ues }, push, expectationOf)
      .filter(({ ok }) => !ok)
      .map(({ what }) => what);
  return { impis, held, delivered, failed, completed, wrong };
}

describe('the audit of a push', () => {
  test('finds nothing where all is well, even if reports come twice', () => {
    const { impis, delivered, failed, completed, wrong } = aPush();
    for (let each = 0; each < 2; each++) {
      delivered(impis.slice(0, 9));
      failed(impis.slice(9));
      completed(9, 1);
    }
    expect(wrong()).toEqual([]);
  });

  test('finds a push that was not completed, and UEs that no report names', () => {
    const { impis, delivered, wrong } = aPush();
    delivered(impis.slice(0, 5));
    expect(wrong()).toEqual(expect.arrayContaining(['the push was completed', 'UEs that no report names']));
  });

  test('finds a page that was counted twice, and one that was not counted', () => {
    for (const verified of [14, 4]) {
      const { impis, delivered, failed, completed, wrong } = aPush();
      delivered(impis.slice(0, 9));
      failed(impis.slice(9));
      completed(verified, 1);
      expect(wrong()).toContain('the ledger counts every UE once');
    }
  });

  test('finds a UE with both reports, one that does not hold its MSK, and one lost for no reason', () => {
    const { impis, held, delivered, failed, completed, wrong } = aPush();
    delivered(impis.slice(0, 9));
    failed([impiOf(3), ...impis.slice(9)]);
    held.delete(impiOf(4));
    completed(9, 1);
    expect(wrong()).toEqual(
      expect.arrayContaining([
        'UEs reported as delivered and as failed',
        'UEs reported as delivered that do not hold the MSK',
        'UEs with another outcome than expected',
      ]),
    );
  });

  test('finds a UE that holds other octets than the MSK of the store', () => {
    const { impis, held, delivered, failed, completed, wrong } = aPush();
    delivered(impis.slice(0, 9));
    failed(impis.slice(9));
    completed(9, 1);
    held.set(impiOf(2), OTHER_KEY);
    expect(wrong()).toEqual(['UEs that hold other octets than the MSK of the store']);
  });

  test('finds an IMPI that is no UE of the load', () => {
    const { impis, delivered, failed, completed, wrong } = aPush();
    delivered([...impis.slice(0, 9), impiOf(77)]);
    failed(impis.slice(9));
    completed(10, 1);
    expect(wrong()).toEqual(['UEs served that should be left out']);
  });
});
