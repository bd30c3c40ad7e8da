import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ImportKind } from '../../../cli/import/import-kind.ts';
import { ImportRun, type ImportRunOptions } from '../../../cli/import/import-run.ts';
import type { Row } from '../../../cli/import/rows.ts';
import { StoreError } from '../../../lib/store/errors.ts';

// How rows are written: with a writer of the test's own, which fails as a table may.

type Write = (keys: readonly [string, ...string[]]) => Promise<void>;

const kindOf = (atOnce: number, write: Write): ImportKind<string> => ({
  name: 'keys',
  columns: { required: ['key'], optional: [] },
  secretColumns: [],
  parse: ({ key }) => String(key),
  keyOf: (key) => key,
  atOnce,
  begin: () => ({ check: async () => {}, write }),
});

/** Runs rows with these keys, in lines from 1 on. */
async function runOf(
  keys: readonly string[],
  write: Write,
  changes: Partial<ImportRunOptions & { atOnce: number }> = {},
) {
  const { atOnce = 10, ...options } = changes;
  const kind = kindOf(atOnce, write);
  const rejected: [number, string][] = [];
  const done: number[] = [];
  async function* rows(): AsyncGenerator<Row> {
    for (const [index, key] of keys.entries()) yield { line: index + 1, fields: { key } };
  }
  const listener = {
    onRejected: ({ line }: Row, reason: string) => void rejected.push([line, reason]),
    onDone: (line: number) => void done.push(line),
    onWarning: () => {},
  };
  const writer = { check: async () => {}, write };
  const { signal } = new AbortController();
  const all = { concurrency: 4, isDry: false, doneBefore: 0, signal, pausesMs: [1, 1], ...options };
  const run = new ImportRun(kind, writer, listener, all);
  const error: unknown = await run.run(rows()).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { counts: run.counts, rejected, done, error };
}

const named = (name: string) => Object.assign(new Error('it failed'), { name });

test('so many writes are under way at the same time, and no more; those of one key one after another', async () => {
  let underWay = 0;
  let most = 0;
  const open = new Set<string>();
  let doubled = 0;
  const keys = [
    ...Array.from({ length: 30 }, (_, index) => `key${index % 2}`),
    ...'abcdefghijklmnopqrstuvwxyzABCD',
  ];
  const { counts } = await runOf(keys, async ([key]) => {
    if (open.has(key)) doubled += 1;
    open.add(key);
    underWay += 1;
    most = Math.max(most, underWay);
    for (let index = 0; index < 5; index++) await turn();
    underWay -= 1;
    open.delete(key);
  });
  expect(counts).toEqual({ rows: 60, imported: 60, rejected: 0 });
  expect({ most, doubled }).toEqual({ most: 4, doubled: 0 });
});

test('rows of one key that follow each other are one write, as many as the kind takes', async () => {
  const writes: number[] = [];
  await runOf(['a', 'a', 'a', 'b', 'a'], async (keys) => void writes.push(keys.length), { atOnce: 2 });
  expect(writes.sort()).toEqual([1, 1, 1, 2]);
});

test('a write that is throttled is tried again', async () => {
  let tries = 0;
  const { counts, error } = await runOf(['a'], async () => {
    tries += 1;
    if (tries < 3) throw named('ProvisionedThroughputExceededException');
  });
  expect({ counts, error, tries }).toMatchObject({ counts: { imported: 1 }, error: undefined, tries: 3 });
});

test.each([
  ['InternalServerError', 3],
  ['AccessDeniedException', 1],
  ['ExpiredTokenException', 1],
])(
  '%s stops the import after %i tries, and names the first line that is not done',
  async (name, expected) => {
    let tries = 0;
    const keys = Array.from({ length: 100 }, (_, index) => `key${index}`);
    const { error, rejected, done, counts } = await runOf(keys, async ([key]) => {
      if (key !== 'key7') return;
      tries += 1;
      throw named(name);
    });
    expect(tries).toBe(expected);
    expect(rejected).toEqual([]);
    expect(error).toMatchObject({ message: `stopped at line 8: ${name}: it failed`, exitCode: 1 });
    expect(Math.max(...done)).toBe(7);
    // While the write is tried again, others go on.
    if (expected === 1) expect(counts.rows).toBeLessThan(100);
  },
);

test('what the table refuses rejects the row, at once, and the others go on', async () => {
  let tries = 0;
  const { rejected, counts } = await runOf(['a', 'b', 'c'], async ([key]) => {
    if (key !== 'b') return;
    tries += 1;
    throw new StoreError('exists', 'it is of another');
  });
  expect({ tries, rejected }).toEqual({ tries: 1, rejected: [[2, 'it is of another']] });
  expect(counts).toEqual({ rows: 3, imported: 2, rejected: 1 });
});

test('lines are done in order, whatever order the writes end in', async () => {
  const keys = Array.from({ length: 40 }, (_, index) => `key${index}`);
  const written = new Set<string>();
  const { done } = await runOf(keys, async ([key]) => {
    for (let index = 0; index < (keys.indexOf(key) % 4) * 3; index++) await turn();
    written.add(key);
  });
  expect(done.at(-1)).toBe(40);
  expect(done).toEqual(done.toSorted((one, other) => one - other));
});

test('rows that an earlier run had done are not written again', async () => {
  const written: string[] = [];
  const { counts } = await runOf(['a', 'b', 'c'], async ([key]) => void written.push(key), { doneBefore: 2 });
  expect({ counts, written }).toMatchObject({ counts: { rows: 1 }, written: ['c'] });
});
