import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stableParts } from '../../docs/first-hour/stable-parts.ts';
import { writtenHour } from '../../docs/first-hour/transcript.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import { ROOT } from './run.ts';

/** Subscribers of the document, and of this test. */
const WRITTEN = 100_000;
const HERE = 500;

let system: LocalSystem;
beforeAll(async () => {
  system = await startTestSystem();
}, 120_000);
afterAll(() => system?.close());

test("an operator's first hour goes as its document says, with fewer subscribers", async () => {
  const written = readFileSync(join(ROOT, 'docs/first-hour.md'), 'utf8');
  const gone = await writtenHour(system, HERE);
  expect(stableParts(gone, HERE)).toBe(stableParts(written, WRITTEN));
}, 600_000);
