import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localSettingsWith, synthesize } from '../../local/synthesis.ts';
import { type LocalSystem, startLocalSystem } from '../../local/system.ts';
import { bmsc as run } from '../cli/run.ts';
import { freePorts } from '../free-ports.ts';
import { openJwe } from './jwe.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const folder = mkdtempSync(join(tmpdir(), 'bmsc-key-export-'));
const events: { readonly 'detail-type': string; readonly data: unknown }[] = [];
let system: LocalSystem;

beforeAll(async () => {
  const keyExport = { recipients: { mbstf: { publicKey: PEM, keyGroups: ['001-01/0010'] } } };
  const synthesis = await synthesize(folder, localSettingsWith([], { keyExport }));
  system = await startLocalSystem(await freePorts(), () => {}, {}, synthesis);
  system.onEvent(({ 'detail-type': detailType, detail }) =>
    events.push({ 'detail-type': detailType, data: detail.data }),
  );
}, 120_000);
afterAll(async () => {
  await system?.close();
  rmSync(folder, { recursive: true });
});

const bmsc = (...args: string[]) =>
  run(...args, '--endpoint-url', system.endpointUrl, '--stack', system.stackName);

test('a command gets the MSK of a Key Group in a JWE that the recipient alone opens, and the bus tells who', async () => {
  await bmsc('provision', 'service', 'urn:example:news', '--key-group', '001-01/0010');
  await bmsc('provision', 'msk', '001-01', '00100001');
  const { stdout } = await bmsc('export', 'keys', '001-01', '0010', '--for', 'mbstf');
  const { clear } = openJwe(stdout.trim(), privateKey);
  expect(JSON.parse(clear).keys).toMatchObject([
    { kid: '00f110/00100001', k: expect.stringMatching(/^[\w-]{22}$/) },
  ]);
  await expect
    .poll(() => events.at(-1), { timeout: 10_000 })
    .toMatchObject({ 'detail-type': 'Keys Exported', data: { recipient: 'mbstf', mskIds: ['00100001'] } });
  expect(JSON.stringify(events)).not.toContain(JSON.parse(clear).keys[0].k);
});

test('a command for another Key Group, or another recipient, fails with the reason', async () => {
  const other = await bmsc('export', 'keys', '001-01', '0011', '--for', 'mbstf', '--json');
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('not-allowed');
  const nobody = await bmsc('export', 'keys', '001-01', '0010', '--for', 'nobody');
  expect(nobody.code).toBe(1);
  expect(nobody.stderr).toContain('there is no recipient nobody');
  await expect.poll(() => events.at(-1)).toMatchObject({ 'detail-type': 'Key Export Refused' });
});
