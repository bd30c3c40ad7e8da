import { randomBytes } from 'node:crypto';
import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AnswerBounds } from '../../../lib/distribution/answers/answer-bounds.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { putMsk } from '../../../lib/store/key-group/key-group.ts';
import type { KeyStore } from '../../../lib/store/key-store.ts';
import { putUserService } from '../../../lib/store/registration/user-service.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { startInProcess } from '../in-process.ts';
import { DOMAIN, NEWS, populate, type TestUe } from '../population.ts';
import { startUes } from '../ues.ts';

const GROUPS = 30;
const KEY_GROUPS = Array.from({ length: GROUPS }, (_, index) => 0x100 + index);
const NOBODY = { address: '127.0.0.1', port: 9 };
/** The octets of the shortest request: see ADR 10. */
const REQUEST_OCTETS = 512;

let table: TestTable;
let reads: string[] = [];
let counted: KeyStore;
beforeAll(async () => {
  table = await startTable();
  counted = { ...table, dynamodb: countingReads(table.dynamodb) };
  const keyGroups = KEY_GROUPS.map((keyGroup) => ({ keyDomainId: DOMAIN, keyGroup }));
  await putUserService(table, { serviceId: NEWS, keyGroups });
  for (const ref of keyGroups)
    await putMsk(table, ref, { keyNumber: 1, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY });
});
afterAll(() => table.close());

/** Notes each read of an association: its key. */
function countingReads(dynamodb: KeyStore['dynamodb']): KeyStore['dynamodb'] {
  return new Proxy(dynamodb, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'send') return value;
      return (command: Parameters<typeof dynamodb.send>[0]) => {
        if (command instanceof BatchGetItemCommand)
          for (const { Keys = [] } of Object.values(command.input.RequestItems ?? {}))
            reads.push(...Keys.map(({ pk }) => pk?.S ?? '').filter((pk) => pk.startsWith('B-TID#')));
        return target.send(command);
      };
    },
  });
}

/** A request of 60 MSKs: Key Number 0x0 and 0x1 of each of 30 Key Groups, which are the same MSK. */
function greedyRequest({ impi, btid }: TestUe, eventId: string) {
  const msks = KEY_GROUPS.flatMap((keyGroup) =>
    ['0000', '0001'].map((keyNumber) => ({
      keyDomainId: DOMAIN,
      mskId: `${keyGroup.toString(16).padStart(4, '0')}${keyNumber}`,
    })),
  );
  return newEvent('MSK Request Granted', { impi, bTid: btid, msks }, { eventId, now: Date.now() });
}

const retransmission = { tries: 4, firstMs: 50 };
const journal = { add: () => {} };

test('a request of 60 IDs reads the association once, and is answered by 30 messages', async () => {
  const ues = await startUes();
  const [ue] = ues.join(await populate(table, 1, ues.address));
  const distribution = await startInProcess(counted, { journal });
  reads = [];
  await distribution.run(greedyRequest(ue as TestUe, 'e'));
  await distribution.close();
  await ues.close();
  expect(reads).toHaveLength(1);
  expect(ues.received).toHaveLength(GROUPS);
  const delivered = distribution.events.filter(({ detailType }) => detailType === 'MSK Delivered');
  expect(delivered).toHaveLength(GROUPS);
});

test('a UE that never answers is sent at most three times the octets of its requests', async () => {
  const [ue] = await populate(table, 1, NOBODY);
  const distribution = await startInProcess(table, { isSilent: true, settings: { retransmission }, journal });
  await distribution.run(greedyRequest(ue as TestUe, 'first'));
  const afterOne = distribution.sentOctets;
  await distribution.run(greedyRequest(ue as TestUe, 'second'));
  await distribution.close();
  expect(afterOne).toBeGreaterThan(REQUEST_OCTETS);
  expect(afterOne).toBeLessThanOrEqual(3 * REQUEST_OCTETS);
  expect(distribution.sentOctets).toBeLessThanOrEqual(6 * REQUEST_OCTETS);
  const reasons = distribution.events.flatMap(({ detailType, data }) =>
    detailType === 'MSK Delivery Failed' && 'ues' in data
      ? data.ues.map((each) => (typeof each === 'object' ? each.reason : each))
      : [],
  );
  expect(reasons).toHaveLength(2 * GROUPS);
  expect(new Set(reasons)).toEqual(new Set(['not-verified', 'not-answering']));
}, 60_000);

test('400 requests side by side have no message under way twice', async () => {
  const [ue] = await populate(table, 1, NOBODY);
  const distribution = await startInProcess(table, {
    isSilent: true,
    settings: { retransmission },
    journal,
  });
  const { delivery } = distribution.context;
  let most = 0;
  const looking = setInterval(() => {
    most = Math.max(most, delivery.uesInProgress);
  }, 5);
  await Promise.all(
    Array.from({ length: 400 }, (_, index) =>
      distribution.run(greedyRequest(ue as TestUe, String(index)), 400),
    ),
  );
  clearInterval(looking);
  await distribution.close();
  expect(most).toBe(GROUPS);
  expect(distribution.context.answers.underWay).toBe(0);
}, 120_000);

test('MSKs over a bound of their UE are refused, with the reason in the journal and the events', async () => {
  const ues = await startUes();
  const [ue] = ues.join(await populate(table, 1, ues.address));
  const journaled: string[] = [];
  const distribution = await startInProcess(table, {
    answers: new AnswerBounds(() => 0, { underWay: 20, underWayInAll: 10_000, perMinute: 25 }),
    journal: { add: (_, { failed }) => void journaled.push(...Object.keys(failed)) },
  });
  await distribution.run(greedyRequest(ue as TestUe, 'first'));
  await distribution.run(greedyRequest(ue as TestUe, 'second'));
  await distribution.close();
  await ues.close();
  const expected = [...Array(10).fill('too-many-under-way'), ...Array(25).fill('too-frequent')];
  expect(journaled).toEqual(expected);
  const failed = distribution.events.filter(({ detailType }) => detailType === 'MSK Delivery Failed');
  expect(failed).toHaveLength(35);
});
