import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import { keyFile } from './key-file.ts';
import { bmsc } from './run.ts';

const KEY = keyFile(randomBytes(32).toString('hex'));
const BTID = 'AAAAAAAAAAAAAAAAAAAAAA==@bsf.home1.net';
const [NEWS, SPORT, NONE] = ['urn:example:news', 'urn:example:sport', 'urn:example:none'];
let system: LocalSystem;

beforeAll(async () => {
  system = await startTestSystem();
  const provision = async (...args: readonly string[]) => {
    const { code, stderr } = await bmsc('provision', ...args, '--endpoint-url', system.endpointUrl);
    expect([code, stderr]).toEqual([0, '']);
  };
  await provision('service', NEWS, '--key-group', '001-01/0001');
  await provision('service', SPORT, '--key-group', '001-01/0002');
  await provision('msk', '001-01', '00010001');
  await provision('msk', '001-01', '00020001');
  await provision('subscription', 'alice@home1.net', NEWS);
  await provision('association', BTID, 'alice@home1.net', '--ks-naf', KEY);
}, 60_000);
afterAll(() => system?.close());

/** Runs `bmsc ue` with `--json`. */
async function ue(...args: readonly string[]) {
  const options = ['--url', system.keyManagementUrl, '--b-tid', BTID, '--ks-naf', KEY, '--json'];
  const { code, stdout, stderr } = await bmsc('ue', ...args, ...options);
  const lines = stdout.split('\n').filter((line) => line !== '');
  const codes = lines.map((line) => JSON.parse(line).responseCode).filter((each) => each !== undefined);
  return { code, codes, error: stderr === '' ? undefined : JSON.parse(stderr).error };
}

test.each([
  ['register', [NEWS], 0, [200]],
  ['register', [NEWS, SPORT], 3, [200, 403]],
  ['register', [SPORT, NONE], 1, [403, 404]],
  ['deregister', [NEWS], 0, [200]],
  ['register', [NEWS], 0, [200]],
  ['deregister', [NEWS, NONE], 3, [200, 404]],
  ['deregister', [NONE], 1, [404]],
] as const)('ue %s %j ends with exit code %i', async (command, services, exitCode, codes) => {
  const wait = command === 'register' ? ['--wait', '0.1'] : [];
  expect(await ue(command, ...services, ...wait)).toEqual({ code: exitCode, codes, error: undefined });
});

test('ue request ends with 0, 3 or 1 when all, some or none of the MSKs were granted and arrived', async () => {
  await ue('register', NEWS, '--wait', '0.1');
  const request = (...msks: readonly string[]) => ue('request', ...msks.flatMap((msk) => ['--msk', msk]));
  expect(await request('001-01/00010000')).toEqual({ code: 0, codes: [200], error: undefined });
  const partly = await request('001-01/00010000', '001-01/00020000');
  expect(partly).toMatchObject({ code: 3, codes: [200, expect.any(Number)] });
  expect(await request('001-01/00020000')).toMatchObject({ code: 1 });
}, 60_000);

test.each([
  ['register', [NEWS, '--wait', '1e400'], 'usage', 2],
  ['register', [NEWS, '--wait', '1e9'], 'usage', 2],
  ['request', ['--msk', '001-01/00010000', '--wait', '0'], 'usage', 2],
])('ue %s %j is an error as JSON', async (command, args, code, exitCode) => {
  const { error, code: ended } = await ue(command, ...args);
  expect([ended, error]).toMatchObject([exitCode, { code, message: expect.any(String) }]);
});
