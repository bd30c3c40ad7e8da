import { afterAll, beforeAll, expect, test } from 'vitest';
import { demonstrate } from '../../local/demonstration.ts';
import { type LocalSystem, startLocalSystem } from '../../local/system.ts';
import { freePorts } from '../free-ports.ts';

let system: LocalSystem;

beforeAll(async () => {
  system = await startLocalSystem(await freePorts(), () => {});
});

afterAll(() => system?.close());

test('a UE registers, asks, takes a push and answers a solicited pull, and ends with the keys of the BM-SC', async () => {
  const lines: string[] = [];
  expect(await demonstrate(system, (line) => lines.push(line))).toBe(true);
  expect(lines.join('\n')).toContain('the keys match on both sides');
});
