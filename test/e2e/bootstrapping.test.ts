import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import { demonstrate } from '../../local/demonstration.ts';
import { LocalNetwork } from '../../local/network.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';

let network: LocalNetwork;
let system: LocalSystem;

beforeAll(async () => {
  network = await LocalNetwork.start();
  system = await startTestSystem({ keyRequest: { [KEY_REQUEST_VARIABLE.keySources]: network.keySources } });
});
afterAll(async () => {
  await system?.close();
  await network?.close();
});

it('from the SIM to the MSK: GBA_ME and GBA_U, over Nbsp_GBA and over Zn, AKMA, and bootstrapping again', async () => {
  const lines: string[] = [];
  expect(await demonstrate(system, (line) => void lines.push(line), network.standIns)).toBe(true);
  const told = lines.join('\n');
  expect(told).toMatch(/2 bootstrap {3}SIM to BSF over Ub/);
  expect(told).toContain('pull under the last MUK, 401: bootstrapped again, registered: 200 OK');
  for (const kind of ['GBA_ME over Zn', 'GBA_U over Nbsp', 'GBA_U over Zn', 'AKMA over Naanf'])
    expect(told).toMatch(new RegExp(`${kind}.*: has the MSK`));
});

it('is done again by UEs of the same SIMs, on the same system', async () => {
  expect(await demonstrate(system, () => {}, network.standIns)).toBe(true);
});
