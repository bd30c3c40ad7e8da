import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXPORT_KINDS, exportedLines } from '../../../cli/commands/export.ts';
import { BLOCKS } from '../../../cli/import/kinds/blocks.ts';
import { SERVICES } from '../../../cli/import/kinds/services.ts';
import { SUBSCRIBERS, SUBSCRIPTIONS } from '../../../cli/import/kinds/subscribers.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';
import { isServiceId } from '../../../lib/store/registration/service-id.ts';
import {
  deleteSubscription,
  loadSubscribers,
  putSubscription,
} from '../../../lib/store/registration/subscriber.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { imported } from './imported.ts';

const open: TestTable[] = [];
let source: TestTable;
let target: TestTable;
beforeAll(async () => {
  source = await startTable();
  target = await startTable();
  open.push(source, target);
});
afterAll(() => Promise.all(open.map((table) => table.close())));

/** An export, its rows in an order of their own: a scan has none. */
async function exported(table: TestTable, name: string, isJson: boolean): Promise<string> {
  const kind = EXPORT_KINDS.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`there is no export of ${name}`);
  const lines: string[] = [];
  for await (const line of exportedLines(kind, table, isJson)) lines.push(line);
  const header = isJson ? [] : lines.splice(0, 1);
  return [...header, ...lines.sort()].join('');
}

/** Imports that reject nothing. */
const importedWhole = {
  services: async (table: TestTable, text: string) =>
    expect((await imported(table, SERVICES, text)).rejected).toEqual({}),
  subscribers: async (table: TestTable, text: string) =>
    expect((await imported(table, SUBSCRIBERS, text)).rejected).toEqual({}),
};

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('"', ',', ';', "'", '=', '{', 'a'), minLength: 1, maxLength: 6 }),
);
const serviceId = anyText.filter(isServiceId);
const impi = anyText
  .map((user) => `${user.replace(/[\s@\p{C}]/gu, '')}x@home1.net`)
  .map((text) => parseImpi(text));
const keyGroup = fc
  .tuple(fc.constantFrom('001-01', '00f110', '262-98'), fc.integer({ min: 1, max: 0xffff }))
  .map(([domain, group]) => `${domain}/${group.toString(16).padStart(4, '0')}`);

test('what is exported and imported into an empty table is exported again as it was', async () => {
  const services = fc.uniqueArray(serviceId, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      services,
      fc.uniqueArray(impi, { minLength: 1, maxLength: 6 }),
      fc.array(keyGroup, { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.boolean()),
      fc.boolean(),
      async (serviceIds, impis, keyGroups, has, isJson) => {
        const own = serviceIds.map((id) => JSON.stringify({ serviceId: id, keyGroups }));
        const subscribers = impis.map((each) => {
          const subscribed = serviceIds.filter(() => has.next().value === true);
          return JSON.stringify({ impi: each, services: subscribed });
        });
        await importedWhole.services(source, own.join('\n'));
        await importedWhole.subscribers(source, subscribers.join('\n'));
        for (const name of ['services', 'subscribers'] as const) {
          const text = await exported(source, name, isJson);
          await importedWhole[name](target, text);
          expect(await exported(target, name, isJson)).toBe(text);
        }
        expect(await exported(target, 'subscriptions', isJson)).toBe(
          await exported(source, 'subscriptions', isJson),
        );
      },
    ),
    { numRuns: 8 },
  );
}, 60_000);

test('subscriptions of many are exported from all segments, and imported again', async () => {
  const [big, copy] = [await startTable(), await startTable()];
  open.push(big, copy);
  const service = '{"serviceId":"urn:a","keyGroups":["001-01/0001"]}';
  for (const table of [big, copy]) await imported(table, SERVICES, service);
  const rows = Array.from({ length: 400 }, (_, index) => `ue${index}@b.c,urn:a`);
  await imported(big, SUBSCRIPTIONS, `impi,serviceId\n${rows.join('\n')}`, { concurrency: 32 });
  const text = await exported(big, 'subscriptions', false);
  expect(text).toBe(`impi,serviceId\n${rows.sort().join('\n')}\n`);
  await imported(copy, SUBSCRIPTIONS, text, { concurrency: 32 });
  expect(await exported(copy, 'subscriptions', false)).toBe(text);
});

test('subscriptions that others change meanwhile are neither lost nor brought back', async () => {
  const table = await startTable();
  open.push(table);
  await imported(table, SERVICES, '{"serviceId":"urn:a","keyGroups":["001-01/0001"]}');
  const impis = Array.from({ length: 30 }, (_, index) => parseImpi(`ue${index}@b.c`));
  for (const each of impis) await putSubscription(table, each, 'urn:old');
  const rows = impis.map((each) => `${each},urn:a`).join('\n');
  await Promise.all([
    imported(table, SUBSCRIBERS, `impi,services\n${rows}\n${rows}`, { concurrency: 16 }),
    ...impis.map((each) => putSubscription(table, each, 'urn:b')),
    ...impis.map((each) => deleteSubscription(table, each, 'urn:old')),
  ]);
  const lines = impis.map((each) => JSON.stringify({ impi: each, services: ['urn:a', 'urn:b'] }));
  expect(await exported(table, 'subscribers', true)).toBe(`${lines.sort().join('\n')}\n`);
});

test('blocks are exported, and cut off the same subscribers where they are imported', async () => {
  const [one, other] = [await startTable(), await startTable()];
  open.push(one, other);
  const rows = Array.from({ length: 120 }, (_, index) => `ue${index}@b.c`).sort();
  const text = `impi\n${rows.join('\n')}\n`;
  expect((await imported(one, BLOCKS, text)).result).toMatchObject({ imported: 120, rejected: 0 });
  expect(await exported(one, 'blocks', false)).toBe(text);
  await imported(other, BLOCKS, await exported(one, 'blocks', true));
  expect(await exported(other, 'blocks', false)).toBe(text);
  const [impi = ''] = rows;
  const subscribers = await loadSubscribers(other, [parseImpi(impi)]);
  expect(subscribers.get(parseImpi(impi))?.blockedAt).toEqual(expect.any(Number));
});
