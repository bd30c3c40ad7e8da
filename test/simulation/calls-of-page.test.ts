import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import KNOWN from '../faults/simulation/calls-of-page.json' with { type: 'json' };
import { simulatePush } from '../faults/simulation/model.ts';
import { DEPLOYED } from '../faults/simulation/parameters.ts';
import { seededRandom } from '../seeded-random.ts';

test('a page of a push takes of AWS what the model of its cost says', async () => {
  const program = join(import.meta.dirname, 'main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--calls-of-page']);
  // Else: npm run simulate-faults -- --calls-of-page > test/faults/simulation/calls-of-page.json
  expect(JSON.parse(stdout)).toEqual(KNOWN);
}, 240_000);

test('the model of a push sends a UE as many messages as the sender does', () => {
  const model = { ...DEPLOYED, ues: 1000, tasks: 1, loss: 0 };
  const messagesOf = (outOfReach: number) =>
    simulatePush({ ...model, outOfReach }, seededRandom(1)).messages / model.ues;
  expect(messagesOf(0)).toBe(KNOWN.messagesToUe);
  expect(messagesOf(1)).toBe(KNOWN.messagesToSilentUe);
});
