import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { type Column, printTable } from '../../cli/table.ts';
import { ROOT } from './run.ts';

interface Row {
  readonly impi: string;
  readonly count: number;
}
const COLUMNS: readonly Column<Row>[] = [
  { title: 'IMPI', text: ({ impi }) => impi },
  { title: 'count', text: ({ count }) => String(count), align: 'right' },
];

async function printed(rows: readonly Row[], width?: number, json = false): Promise<string> {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  await printTable({ json, width, write }, COLUMNS, rows, (row) => ({ ...row }));
  return text;
}

test('a table has titles, columns below each other, and numbers at the right', async () => {
  const rows = [
    { impi: 'alice@home1.net', count: 3 },
    { impi: 'bo@home1.net', count: 12 },
  ];
  expect(await printed(rows)).toBe(
    'IMPI             COUNT\nalice@home1.net      3\nbo@home1.net        12\n',
  );
});

test('with JSON a row is an object, and no row is nothing', async () => {
  expect(await printed([{ impi: 'a@b', count: 1 }], undefined, true)).toBe('{"impi":"a@b","count":1}\n');
  expect(await printed([], undefined, true)).toBe('');
  expect(await printed([])).toBe('');
});

test('the widest column is cut where the terminal is narrower, and says so', async () => {
  expect(await printed([{ impi: 'a-subscriber-with-a-long-name@home1.net', count: 1 }], 20)).toBe(
    'IMPI           COUNT\na-subscriber…      1\n',
  );
});

test('no line is wider than the terminal, whatever the letters, and no row moves the cursor', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const row = fc.record({ impi: text, count: fc.nat() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 22, max: 90 }),
      async (rows, width) => {
        const lines = (await printed(rows, width)).split('\n').slice(0, -1);
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) {
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/\p{Cc}/u);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('rows are printed as they come: no more than 200 are held', async () => {
  const lines: string[] = [];
  let most = 0;
  function* rows() {
    for (let index = 1; index <= 1000; index++) {
      yield { impi: `ue${index}@home1.net`, count: index };
      most = Math.max(most, index - lines.length);
    }
  }
  const write = (line: string) => void lines.push(line);
  expect(await printTable({ json: false, write }, COLUMNS, rows(), (row) => ({ ...row }))).toBe(1000);
  expect(lines).toHaveLength(1001);
  expect(most).toBeLessThanOrEqual(200);
});

/** What an expression of output.ts gives in another environment. */
function outputOf(expression: string, env: NodeJS.ProcessEnv): string {
  const program = `import tty from 'node:tty'; import { colour, formatTime } from './cli/output.ts'; process.stdout.write(${expression});`;
  const args = ['--input-type=module-typescript', '-e', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: join(ROOT),
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
}

test.each([
  ['UTC', '2026-01-31 23:59:58 UTC'],
  ['Europe/Berlin', '2026-02-01 00:59:58 UTC+1'],
  ['Asia/Kolkata', '2026-02-01 05:29:58 UTC+5:30'],
])('a time in %s is written with its offset', (TZ, text) => {
  expect(outputOf("formatTime(Date.parse('2026-01-31T23:59:58Z'))", { TZ })).toBe(text);
});

test('there is no colour but at a terminal', () => {
  expect(outputOf("colour('bad', 'failed')", {})).toBe('failed');
  const methods = 'getColorDepth: { value: tty.WriteStream.prototype.getColorDepth }, isTTY: { value: true }';
  const terminal = `(Object.defineProperties(process.stdout, { ${methods} }), colour('bad', 'failed'))`;
  expect(outputOf(terminal, { TERM: 'xterm-256color' })).toBe('\u001b[31mfailed\u001b[39m');
  expect(outputOf(terminal, { TERM: 'xterm-256color', NO_COLOR: '1' })).toBe('failed');
});
