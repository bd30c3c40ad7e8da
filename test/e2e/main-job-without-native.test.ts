import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { demonstrate } from '../../local/demonstration.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';

const WITHOUT_NATIVE = join(import.meta.dirname, '../native/without-native.ts');

let system: LocalSystem;

beforeAll(async () => {
  system = await startTestSystem({
    sender: { [SENDER_VARIABLE.native]: 'off', NODE_OPTIONS: `--import ${WITHOUT_NATIVE}` },
  });
});

afterAll(() => system?.close());

test('the main job is done with native switched off and lib/native deleted', async () => {
  const lines: string[] = [];
  expect(await demonstrate(system, (line) => lines.push(line))).toBe(true);
  expect(lines.join('\n')).toContain('the keys match on both sides');
  const started = readFileSync(join(system.logFolder, 'key-distribution.log'), 'utf8')
    .split('\n')
    .find((line) => line.includes('sender started'));
  expect(JSON.parse(started ?? '{}')).toMatchObject({
    native: 'off',
    building: { kind: 'node-crypto', reason: 'switched off' },
    opening: { kind: 'node-crypto', reason: 'switched off' },
    sending: { kind: 'dgram', reason: 'switched off' },
  });
});
