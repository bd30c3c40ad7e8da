import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AnswerJournal } from '../../../lib/distribution/answers/answer-journal.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { loadAnswers } from '../../../lib/store/ledger/answers.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { DOMAIN } from '../population.ts';

let table: TestTable;
let keyNumber = 0;
let failing = 0;
beforeAll(async () => {
  table = await startTable();
  table.dynamodb.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === 'PutItemCommand') {
        // So that a flush has writes to wait for.
        await new Promise((resolve) => setTimeout(resolve, 50));
        failing -= 1;
        if (failing >= 0) throw new Error('throttled');
      }
      return next(args);
    },
    { step: 'initialize' },
  );
});
afterAll(() => table.close());
beforeEach(() => {
  keyNumber += 1;
  failing = 0;
});

const newJournal = () => {
  const reported: unknown[] = [];
  let items = 0;
  const journal = new AnswerJournal(table, {
    now: () => 0,
    newItemId: () => String(items++),
    onError: (error) => void reported.push(error),
  });
  return { journal, reported };
};
const msk = () => ({ keyDomainId: DOMAIN, mskId: mskId(0x0010, keyNumber) });
const verifiedUes = async () => {
  const verified: string[] = [];
  for await (const outcome of loadAnswers(table, DOMAIN, msk().mskId)) verified.push(...outcome.verified);
  return verified;
};
const ues = (count: number) => Array.from({ length: count }, (_, index) => `${index}@home1.net`);

test('answers that could not be written are written with the next flush', async () => {
  const { journal, reported } = newJournal();
  failing = 1;
  journal.add(msk(), { verified: ['a@home1.net'], sent: [], failed: {} });
  await journal.flush();
  expect([reported.length, await verifiedUes()]).toEqual([1, []]);
  journal.add(msk(), { verified: ['b@home1.net'], sent: [], failed: {} });
  await journal.flush();
  expect((await verifiedUes()).toSorted()).toEqual(['a@home1.net', 'b@home1.net']);
  await journal.flush();
  expect(await verifiedUes()).toHaveLength(2);
});

test('a flush waits for the answers that are being written', async () => {
  const { journal } = newJournal();
  journal.add(msk(), { verified: ues(500), sent: [], failed: {} });
  await journal.flush();
  expect(await verifiedUes()).toHaveLength(500);
});

test('answers that can never be written are given up when too many wait', async () => {
  const { journal, reported } = newJournal();
  failing = 1000;
  for (let page = 0; page < 202; page++) journal.add(msk(), { verified: ues(500), sent: [], failed: {} });
  await journal.flush();
  expect(reported).toHaveLength(202);
  failing = 0;
  await journal.flush();
  expect((await verifiedUes()).length).toBe(100_000);
});
