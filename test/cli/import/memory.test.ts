import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { importFile } from '../../../cli/import/import-file.ts';
import type { ImportKind } from '../../../cli/import/import-kind.ts';
import { SUBSCRIBERS } from '../../../cli/import/kinds/subscribers.ts';

// How much of a file an import keeps: with a writer of the test's own, which takes a turn of the loop.

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const ROWS = 60_000;
/** A row that is kept takes more than this, in octets: its text alone has as many. */
const ROW_OCTETS = 64;

function* chunksOf(rows: number): Generator<Buffer> {
  yield Buffer.from('impi,services\n');
  for (let row = 0; row < rows; row += 500) {
    const lines = Array.from({ length: 500 }, (_, index) => {
      const number = String(row + index).padStart(10, '0');
      return `00101${number}@ims.mnc001.mcc001.3gppnetwork.org,urn:example:news\n`;
    });
    yield Buffer.from(lines.join(''));
  }
}

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('an import keeps the rows that are under way, and no more, however long the file is', async () => {
  let [written, early, late] = [0, 0, 0];
  const write = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    written += 1;
    if (written === ROWS / 6) early = heapUsed();
    if (written === ROWS - 100) late = heapUsed();
  };
  const kind: ImportKind<Parameters<typeof SUBSCRIBERS.keyOf>[0]> = {
    ...SUBSCRIBERS,
    begin: () => ({ check: async () => {}, write }),
  };
  // The kind of this test has its own writer, and asks no BM-SC.
  const noBmsc = Object.create(null) as Parameters<typeof importFile>[0];
  const { imported } = await importFile(noBmsc, kind, {
    input: Readable.from(chunksOf(ROWS)),
    state: undefined,
    isResuming: false,
    rejectedFile: undefined,
    concurrency: 32,
    isDry: false,
    signal: new AbortController().signal,
    onRejected: () => {},
    onWarning: () => {},
    onProgress: () => {},
  });
  expect({ imported, written }).toEqual({ imported: ROWS, written: ROWS });
  expect(late - early).toBeLessThan((ROWS / 2) * ROW_OCTETS);
}, 60_000);
