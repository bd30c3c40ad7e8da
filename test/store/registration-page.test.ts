import { afterAll, beforeAll, expect, test } from 'vitest';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { deleteRegistrations } from '../../lib/store/registration/registration.ts';
import {
  countRegistrations,
  loadRegistrationPage,
  loadRegistrationsBetween,
} from '../../lib/store/registration/registration-page.ts';
import { REGISTRATION_SHARDS } from '../../lib/store/registration/shards.ts';
import { putRegistrations } from '../granted-request.ts';
import { startTable, type TestTable } from './table.ts';

const SERVICE = 'urn:example:news';
const UES = 400;
const WHOLE = { serviceId: SERVICE, first: 0, last: REGISTRATION_SHARDS - 1 };
const ueOf = (index: number) => ({
  impi: parseImpi(`ue${index}@home1.net`),
  btid: btidOf({ rand: Buffer.alloc(16, index), bsfName: 'bsf.home1.net' }),
});
const ALL = Array.from({ length: UES }, (_, index) => ueOf(index));
let table: TestTable;

beforeAll(async () => {
  table = await startTable();
  for (const ue of ALL) await putRegistrations(table, { ...ue, bootstrappedAt: 0 }, [SERVICE]);
}, 30_000);
afterAll(() => table.close());

async function pagesOf(range: typeof WHOLE, limit: number) {
  const pages: { ues: string[]; after: string | undefined; end: string | undefined }[] = [];
  for (let after: string | undefined; ; ) {
    const { ues, end } = await loadRegistrationPage(table, range, after, limit);
    pages.push({ ues: ues.map(({ impi }) => impi), after, end });
    if (end === undefined) return pages;
    after = end;
  }
}

test.for([1, 7, 50, 399, 400, 401, 5000])(
  'pages of %i have each registration once, and a page read between its bounds is the same',
  { timeout: 60_000 },
  async (limit) => {
    const pages = await pagesOf(WHOLE, limit);
    const listed = pages.flatMap(({ ues }) => ues);
    expect(listed.toSorted()).toEqual(ALL.map(({ impi }) => impi).toSorted());
    expect(pages.every(({ ues }) => ues.length <= limit)).toBe(true);
    // A page is at least three quarters full, where shards are not larger than that.
    expect(pages.length).toBeLessThanOrEqual(Math.ceil(UES / (0.75 * limit)) + 1);
    for (const { ues, after, end } of pages.slice(0, 20)) {
      const again = await loadRegistrationsBetween(table, WHOLE, after, end);
      expect(again.map(({ impi }) => impi)).toEqual(ues);
    }
  },
);

test('a page that ends with a shard leaves nothing of the next to be read twice', async () => {
  let queries = 0;
  const counting: Pick<TestTable['dynamodb'], 'send'> = Object.create(table.dynamodb, {
    send: {
      value: (command: object) => {
        queries += 1;
        return Reflect.apply(table.dynamodb.send, table.dynamodb, [command]);
      },
    },
  });
  const counted = { ...table, dynamodb: counting } as TestTable;
  let pages = 0;
  for (let after: string | undefined; ; pages++) {
    const { end } = await loadRegistrationPage(counted, WHOLE, after, 40);
    if (end === undefined) break;
    after = end;
  }
  expect(pages).toBeGreaterThan(8);
  expect(queries).toBeLessThan(REGISTRATION_SHARDS + pages);
}, 30_000);

test('ranges of shards have each registration in one of them', async () => {
  const ranges = Array.from({ length: REGISTRATION_SHARDS / 8 }, (_, index) => ({
    serviceId: SERVICE,
    first: index * 8,
    last: index * 8 + 7,
  }));
  const pages = await Promise.all(ranges.map((range) => pagesOf(range, 10)));
  const listed = pages.flat().flatMap(({ ues }) => ues);
  expect(listed.toSorted()).toEqual(ALL.map(({ impi }) => impi).toSorted());
});

test('a page that is read again between its bounds has who came since, and no one twice on the next', async () => {
  const [first, second] = await pagesOf(WHOLE, 100);
  const inFirst = first?.ues ?? [];
  const late = Array.from({ length: 60 }, (_, index) => ueOf(1000 + index));
  for (const ue of late) await putRegistrations(table, { ...ue, bootstrappedAt: 0 }, [SERVICE]);
  const firstAgain = await loadRegistrationsBetween(table, WHOLE, undefined, first?.end);
  const secondAgain = await loadRegistrationsBetween(table, WHOLE, first?.end, second?.end);
  const names = firstAgain.map(({ impi }) => String(impi));
  for (const impi of inFirst) expect(names).toContain(impi);
  expect(names.length).toBeGreaterThan(inFirst.length);
  for (const { impi } of secondAgain) expect(names).not.toContain(impi);
  for (const { impi } of late) await deleteRegistrations(table, { impi }, [SERVICE]);
}, 30_000);

test('registrations are counted, and estimated where there are many', async () => {
  expect(await countRegistrations(table, SERVICE, 100_000)).toBe(UES);
  const estimate = await countRegistrations(table, SERVICE, 1);
  expect(estimate % REGISTRATION_SHARDS).toBe(0);
  expect(await countRegistrations(table, 'urn:example:nobody', 4000)).toBe(0);
});
