import { afterAll, beforeAll, expect, test } from 'vitest';
import { demonstrate } from '../../local/demonstration.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';

let system: LocalSystem;

beforeAll(async () => {
  system = await startTestSystem();
});

afterAll(() => system?.close());

test('a UE registers, asks, takes a push and answers a solicited pull, and ends with the keys of the BM-SC', async () => {
  const lines: string[] = [];
  expect(await demonstrate(system, (line) => lines.push(line))).toBe(true);
  expect(lines.join('\n')).toContain('the keys match on both sides');
});
