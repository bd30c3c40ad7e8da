import { ScanCommand } from '@aws-sdk/client-dynamodb';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { csvLine } from '../../../cli/csv.ts';
import { SERVICES } from '../../../cli/import/kinds/services.ts';
import { SUBSCRIBERS, SUBSCRIPTIONS } from '../../../cli/import/kinds/subscribers.ts';
import { linesOf, MAX_LINE_LENGTH } from '../../../cli/import/lines.ts';
import { formatOf, rowOf } from '../../../cli/import/rows.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';
import { parseKeyDomainId } from '../../../lib/keys/key-domain-id.ts';
import { loadSubscribers } from '../../../lib/store/registration/subscriber.ts';
import { loadUserServices, putUserService } from '../../../lib/store/registration/user-service.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { imported } from './imported.ts';

const NEWS = 'urn:example:news';
const GROUP = { keyDomainId: parseKeyDomainId('00f110'), keyGroup: 1 };
let table: TestTable;
beforeAll(async () => {
  table = await startTable();
  await putUserService(table, { serviceId: NEWS, keyGroups: [GROUP] });
});
afterAll(() => table?.close());

/** User Services of a subscriber; undefined: it is unknown. */
async function servicesOf(impi: string): Promise<readonly string[] | undefined> {
  const subscriber = (await loadSubscribers(table, [parseImpi(impi)])).get(parseImpi(impi));
  return subscriber && [...subscriber.subscribed].sort();
}

async function* cut(octets: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < octets.length; start += size) yield octets.subarray(start, start + size);
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

test('lines are the same however a file is cut into chunks, and whatever ends them', async () => {
  const text = fc
    .string({ unit: 'grapheme', maxLength: 20 })
    .map((each) => each.replace(/[\r\n\ufeff]/g, ''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 30 }),
      async (lines, end, size) => {
        const file = Buffer.from(`\ufeff${lines.join(end)}${end}`);
        const read = await all(linesOf(cut(file, size)));
        expect(read.map((line) => line.text)).toEqual(lines);
        expect(read.map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1));
      },
    ),
    { numRuns: 100 },
  );
});

test('a line that is too long, or no UTF-8, spoils no other line', async () => {
  const file = Buffer.concat([
    Buffer.from('a\n'),
    Buffer.alloc(3 * MAX_LINE_LENGTH, 'x'),
    Buffer.from('\nb\n'),
    Buffer.from([0xff, 0x0a]),
    Buffer.from('c'),
  ]);
  const lines = await all(linesOf(cut(file, 1000)));
  expect(lines).toEqual([
    { number: 1, text: 'a' },
    { number: 2, fault: `the line is longer than ${MAX_LINE_LENGTH} octets` },
    { number: 3, text: 'b' },
    { number: 4, fault: 'the line is no UTF-8' },
    { number: 5, text: 'c' },
  ]);
});

test('what is written as CSV is read again as it was', () => {
  const cell = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .map((each) => each.replace(/[\r\n]/g, ''));
  fc.assert(
    fc.property(
      fc.array(
        cell.filter((each) => each !== ''),
        { minLength: 2, maxLength: 4 },
      ),
      (cells) => {
        const columns = cells.map((_, index) => `column${index}`);
        const text = csvLine(cells)
          .trimEnd()
          .padEnd(csvLine(cells).length - 1);
        fc.pre(text.trim() !== '');
        const row = rowOf({ number: 1, text }, { kind: 'csv', columns });
        expect(row).toEqual({
          line: 1,
          fields: Object.fromEntries(columns.map((column, index) => [column, cells[index]])),
        });
      },
    ),
  );
});

test.each([
  ['a column that is missing', 'impi\n', 'serviceId is missing'],
  ['a column that is unknown', 'impi,serviceId,mskk\n', '"mskk" is unknown'],
  ['a column that is there twice', 'impi,serviceId,impi\n', 'impi is there twice'],
  ['semicolons', 'impi;serviceId\n', 'impi, serviceId is missing'],
  ['a quote in its header', 'impi,"serviceId\n', 'a quote is not closed'],
])('a file with %s is refused as a whole', async (_, text, message) => {
  await expect(imported(table, SUBSCRIPTIONS, text)).rejects.toThrow(message);
});

test('a file without rows imports nothing', async () => {
  for (const text of ['', '\n\n', 'impi,serviceId\n'])
    expect((await imported(table, SUBSCRIPTIONS, text)).result).toMatchObject({ rows: 0, imported: 0 });
});

const IMPI_FORM = 'impi: an IMPI has the form user@realm';
const BAD_ROWS: [string, string, string][] = [
  ['an IMPI that is none', `alice,${NEWS}`, IMPI_FORM],
  ['no IMPI', `,${NEWS}`, 'impi is missing'],
  ['no User Service', 'bad1@b.c,', 'serviceId is missing'],
  ['a User Service of two words', 'bad2@b.c,urn:a b', 'serviceId: a User Service ID is'],
  ['a User Service that is not there', 'bad3@b.c,urn:none', 'there is no User Service urn:none'],
  ['too few cells', 'bad4@b.c', 'the row has 1 cells, and the file 2 columns'],
  ['too many cells', `bad5@b.c,${NEWS},x`, 'the row has 3 cells'],
  ['a quote that is not closed', `"bad6@b.c,${NEWS}`, 'a quote is not closed'],
  ['a quote in a cell', `bad"7@b.c,${NEWS}`, 'a quote stands where none may'],
  ['letters that are none', `bad8@b.c\u0000,${NEWS}`, IMPI_FORM],
  ['blanks around it', ` bad9@b.c ,${NEWS}`, IMPI_FORM],
];

test('each bad row of CSV is named by its line, and writes nothing; the others are imported', async () => {
  const rows = BAD_ROWS.flatMap(([, row], index) => [row, `good${index}@b.c,${NEWS}`]);
  const before = await contents();
  const { result, rejected, rejectedFile } = await imported(
    table,
    SUBSCRIPTIONS,
    ['impi,serviceId', ...rows].join('\n'),
  );
  expect(result).toMatchObject({ rows: 22, imported: 11, rejected: 11, isComplete: true, doneLine: 23 });
  for (const [index, [, , reason]] of BAD_ROWS.entries()) expect(rejected[2 + 2 * index]).toContain(reason);
  expect(Object.keys(rejected)).toHaveLength(11);
  for (const index of BAD_ROWS.keys()) expect(await servicesOf(`good${index}@b.c`)).toEqual([NEWS]);
  const written = (await contents()).filter((item) => !before.includes(item));
  expect(written).toHaveLength(11);

  // The file of rejected rows is imported as it is, and rejected again for the same reasons.
  const again = await imported(table, SUBSCRIPTIONS, rejectedFile);
  expect(again.result).toMatchObject({ imported: 0, rejected: 11 });
  const corrected = rejectedFile.replace(/^10,.*$/m, `10,corrected,bad3@b.c,${NEWS}`);
  expect((await imported(table, SUBSCRIPTIONS, corrected)).result).toMatchObject({
    imported: 1,
    rejected: 10,
  });
});

/** Partition keys of all items. */
async function contents(): Promise<string[]> {
  const { Items = [] } = await table.dynamodb.send(new ScanCommand({ TableName: table.tableName }));
  return Items.map(({ pk }) => pk?.S ?? '');
}

test.each([
  ['{', 'the line is no JSON'],
  ['[]', 'the line is no JSON object'],
  ['null', 'the line is no JSON object'],
  ['{"impi":"json@b.c","servces":[]}', 'unknown member'],
  ['{"impi":7}', 'impi: it is a text'],
  ['{"impi":"json@b.c","services":[7]}', 'services: it is a list of texts'],
  ['{"impi":"json@b.c","services":{}}', 'services: it is a list of texts'],
  ['{"services":[]}', 'impi is missing'],
  ['{"impi":"json@b.c","__proto__":{}}', 'unknown member'],
])('a bad line of JSON Lines is named: %s', async (line, reason) => {
  const { result, rejected } = await imported(table, SUBSCRIBERS, `{"impi":"first@b.c"}\n${line}\n`);
  expect(result).toMatchObject({ imported: 1, rejected: 1 });
  expect(rejected[2]).toContain(reason);
  expect(await servicesOf('json@b.c')).toBeUndefined();
});

test('a subscriber may have several subscriptions in a row, or none, and loses none', async () => {
  await putUserService(table, { serviceId: 'urn:example:sport', keyGroups: [GROUP] });
  const text = `impi,services\nmany@b.c,${NEWS} urn:example:sport\nnone@b.c,\n`;
  await imported(table, SUBSCRIBERS, text);
  await imported(table, SUBSCRIBERS, 'impi,services\nmany@b.c,\n');
  await imported(table, SUBSCRIBERS, `{"impi":"none2@b.c","services":["${NEWS}"]}`);
  expect(await servicesOf('many@b.c')).toEqual([NEWS, 'urn:example:sport']);
  expect(await servicesOf('none@b.c')).toEqual([]);
  expect(await servicesOf('none2@b.c')).toEqual([NEWS]);
});

test('rows of one subscriber that follow each other are one change', async () => {
  const rows = Array.from({ length: 5 }, () => `often@b.c,${NEWS}`);
  table.calls.length = 0;
  await imported(table, SUBSCRIPTIONS, ['impi,serviceId', ...rows].join('\n'));
  expect(table.calls.filter((call) => call === 'UpdateItem')).toHaveLength(1);
});

test('a dry run checks all rows, and writes nothing', async () => {
  table.calls.length = 0;
  const text = `impi,serviceId\ndry@b.c,${NEWS}\ndry@b.c,urn:none\n`;
  const { result, rejected } = await imported(table, SUBSCRIPTIONS, text, { isDry: true });
  expect(result).toMatchObject({ imported: 1, rejected: 1 });
  expect(rejected[3]).toBe('there is no User Service urn:none');
  expect(table.calls.filter((call) => !call.startsWith('BatchGet'))).toEqual([]);
});

test('a User Service keeps Key Groups that a file does not name', async () => {
  await imported(table, SERVICES, 'serviceId,keyGroups\nurn:two,001-01/0002 00f110/0003\n');
  const { rejected } = await imported(
    table,
    SERVICES,
    'serviceId,keyGroups\nurn:two,001-01/0004\nurn:x,001-01/4\n',
  );
  expect(rejected[3]).toContain('keyGroups: a Key Group is 4 hexadecimal digits');
  const service = (await loadUserServices(table, ['urn:two'])).get('urn:two');
  expect(service?.keyGroups.map(({ keyGroup }) => keyGroup).sort()).toEqual([2, 3, 4]);
});

test('the format is told by the first line', async () => {
  const formats = ['impi,serviceId', '{"impi":"a@b"}', '\ufeff  {"impi":"a@b"}'].map(async (text) => {
    const lines = linesOf(cut(Buffer.from(text), 100));
    return (await formatOf(lines, SUBSCRIPTIONS.columns)).format.kind;
  });
  expect(await Promise.all(formats)).toEqual(['csv', 'jsonl', 'jsonl']);
});
