import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBmsc } from '../../cli/stack.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { decodeSecurityDescriptionXml } from '../../lib/service-description/xml.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import { keyFile } from './key-file.ts';
import { bmsc } from './run.ts';

const SERVICE = 'urn:example:news';
const GROUP = { keyDomainId: parseKeyDomainId('00f110'), keyGroup: 1 };
const folder = mkdtempSync(join(tmpdir(), 'bmsc-describe-'));
let system: LocalSystem;
let association: readonly string[];

beforeAll(async () => {
  system = await startTestSystem();
  const { stackName: stack, endpointUrl } = system;
  const { store } = await findBmsc({ stack, endpointUrl });
  await putUserService(store, { serviceId: SERVICE, keyGroups: [GROUP] });
  const msk = new SecretKey(randomBytes(16));
  await putMsk(store, GROUP, { keyNumber: 1, msk, validity: FULL_VALIDITY });
  const impi = parseImpi('alice@home1.net');
  await putSubscription(store, impi, SERVICE);
  const ksNaf = keyFile(randomBytes(32).toString('hex'));
  const btid = `${randomBytes(16).toString('base64')}@bsf.home1.net`;
  const args = ['provision', 'association', btid, impi, '--ks-naf', ksNaf, '--endpoint-url', endpointUrl];
  expect(await bmsc(...args)).toMatchObject({ code: 0, stderr: '' });
  association = ['--b-tid', btid, '--ks-naf', ksNaf];
});
afterAll(async () => {
  await system?.close();
  rmSync(folder, { recursive: true });
});

const describe = (...args: readonly string[]) =>
  bmsc('describe', SERVICE, ...args, '--endpoint-url', system.endpointUrl);

test('a User Service is described with the stack’s own server and its Key Groups', async () => {
  const { code, stdout } = await describe('--offset', '2', '--period', '600', '--flow', '239.255.0.1:5004');
  expect(code).toBe(0);
  const flows = ['239.255.0.1:5004'];
  expect(decodeSecurityDescriptionXml(stdout)).toEqual({
    servers: [system.keyManagementUrl],
    backOff: { offsetTime: 2, randomTimePeriod: 600 },
    keys: [{ keyDomainId: '00f110', mskId: { keyGroup: 1, keyNumber: 0 }, flows }],
  });
});

test('a UE reads the description, waits as it asks, and passes by a server that does not answer', async () => {
  const file = join(folder, 'news.json');
  const servers = ['--server', 'http://127.0.0.1:1/keymanagement', '--server', system.keyManagementUrl];
  const ues = ['--ues', '100', '--rate', '100', '--offset', '1'];
  const described = await describe('--format', 'json', ...servers, ...ues, '--file', file);
  expect(described).toMatchObject({ code: 0, stdout: `wrote ${file}\n` });
  expect(JSON.parse(readFileSync(file, 'utf8')).securityDescription.backOffParameters).toEqual({
    offsetTime: 1,
    randomTimePeriod: 1,
  });
  const begun = Date.now();
  const args = ['register', SERVICE, '--description', file, ...association, '--address', '127.0.0.1'];
  const { code, stdout, stderr } = await bmsc('ue', ...args, '--wait', '1');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^waiting [12](\.[0-9])? s, of 1 to 2 s, as the description asks$/m);
  expect(stdout).toContain(`${SERVICE}`);
  expect(Date.now() - begun).toBeGreaterThan(1000);
}, 60_000);

test.each([
  [['ue', 'register', SERVICE], /--url, or the --description/],
  [['ue', 'register', SERVICE, '--description', '/nowhere.xml'], /can't be read/],
])('%j is refused with what to do', async (args, message) => {
  const { code, stderr } = await bmsc(...args, ...association);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

test('a file that is no description is refused with why', async () => {
  const file = join(folder, 'other.xml');
  writeFileSync(file, '<securityDescription/>');
  const { code, stderr } = await bmsc('ue', 'register', SERVICE, '--description', file, ...association);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/names no server/)]);
});

test('an unknown User Service can’t be described', async () => {
  const args = ['describe', 'urn:example:none', '--endpoint-url', system.endpointUrl];
  expect(await bmsc(...args)).toMatchObject({ code: 1, stderr: expect.stringMatching(/no User Service/) });
});
