import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BSF_REQUIREMENTS } from '../../cli/conformance/bsf/requirements.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { bmsc } from '../cli/run.ts';
import { newKeys } from '../provisioned-ue.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { startTestedBmsc, type TestedBmsc } from './bmsc.ts';
import { FaultyBsf } from './bsf/faulty-bsf.ts';

const SCHEMA = join(import.meta.dirname, '../../docs/conformance/outcome.schema.json');
const folder = mkdtempSync(join(tmpdir(), 'bmsc-conformance-'));
const fileOf = (name: string) => join(folder, name);
const ksNaf = randomBytes(32);
let table: TestTable;
let tested: TestedBmsc;
let args: string[];
beforeAll(async () => {
  table = await startTable();
  tested = await startTestedBmsc(table);
  const { services, keys } = tested.profile;
  const own = {
    ...newKeys(undefined, Date.now()),
    ...mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(ksNaf) }),
  };
  await putSubscription(table, own.impi, services.subscribed);
  await putAssociation(table, own);
  writeFileSync(fileOf('ks-naf'), ksNaf.toString('hex'));
  const group = ({ keyDomainId, keyGroup }: { keyDomainId: string; keyGroup: number }) =>
    `${keyDomainId}/${keyGroup.toString(16).padStart(4, '0')}`;
  const times = { delivery: 4000, quiet: 250, repeat: 1500 };
  const profile = { services, keys: { granted: group(keys.granted) }, times };
  writeFileSync(fileOf('profile.json'), JSON.stringify(profile));
  args = ['conformance', '--url', tested.url.href, '--b-tid', own.btid];
});
afterAll(async () => {
  await tested?.close();
  await table?.close();
  rmSync(folder, { recursive: true });
});

const run = (key: string, profile: string, ...more: string[]) =>
  bmsc(...args, '--ks-naf', `@${fileOf(key)}`, '--conformance-profile', fileOf(profile), ...more);

test('a BM-SC is tested from the command line, and three reports say the same without a key', async () => {
  const files = ['--junit', fileOf('report.xml'), '--html', fileOf('report.html')];
  const { code, stdout, stderr } = await run('ks-naf', 'profile.json', '--json', ...files);
  const objects = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { pass, fail, warn, notApplicable, requirements } = objects.at(-1);
  expect({ code, stderr, fail, warn }).toEqual({ code: 0, stderr: '', fail: 0, warn: 0 });
  const isValid = new Ajv2020().compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));
  for (const each of objects) expect(isValid(each) ? [] : [each, isValid.errors]).toEqual([]);
  expect(pass).toBeGreaterThan(60);
  expect(pass + notApplicable).toBe(requirements);
  expect(objects).toHaveLength(requirements + 1);

  const junit = readFileSync(fileOf('report.xml'), 'utf8');
  expect(junit).toContain(`tests="${requirements}" failures="0" skipped="${notApplicable}"`);
  expect(junit.match(/<testcase /g)).toHaveLength(requirements);
  const html = readFileSync(fileOf('report.html'), 'utf8');
  expect(html.match(/<details /g)).toHaveLength(requirements);
  expect(html).not.toMatch(/<script|https?:\/\/(?!127)/);
  const { muk, mrk } = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(ksNaf) });
  for (const key of [ksNaf, muk.exposeOctets(), mrk.exposeOctets()].map((each) => Buffer.from(each)))
    for (const form of [key.toString('hex'), key.toString('base64')])
      expect([stdout, junit, html].join('')).not.toContain(form);
  expect(html).toContain('response=&quot;…&quot;');
}, 90_000);

test('with keys that the BM-SC does not know the run fails, and says where', async () => {
  writeFileSync(fileOf('other'), randomBytes(32).toString('hex'));
  const { code, stdout } = await run('other', 'profile.json');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fail +auth-accepted .*the status is 401$/m);
  expect(stdout).toMatch(/\d+ pass, 1 fail, 0 warn, \d+ not applicable\n$/);
}, 60_000);

test('a profile that is wrong is named with what is wrong in it', async () => {
  writeFileSync(
    fileOf('wrong.json'),
    JSON.stringify({ services: { subscribed: 'urn:a' }, keys: { granted: '1' } }),
  );
  const { code, stderr } = await run('ks-naf', 'wrong.json');
  expect(code).toBe(2);
  expect(stderr).toMatch(/wrong\.json: keys\.granted: .*Key Domain ID/);
});

test('a BSF is tested by a SIM', async () => {
  const bsf = await FaultyBsf.start();
  const { impi, keys } = bsf;
  const hex = (key: SecretKey) => Buffer.from(key.exposeOctets()).toString('hex');
  writeFileSync(fileOf('sim.json'), JSON.stringify({ impi, k: hex(keys.k), opc: hex(keys.opc) }), {
    mode: 0o600,
  });
  try {
    const alone = await bmsc('conformance', '--bsf', bsf.url.href, '--sim', fileOf('sim.json'), '--json');
    const { subject, pass, fail, warn } = JSON.parse(alone.stdout.trim().split('\n').at(-1) ?? '');
    expect({ code: alone.code, subject, fail, warn }).toEqual({
      ...{ code: 0, subject: bsf.url.href, fail: 0, warn: 0 },
    });
    expect(pass).toBe(BSF_REQUIREMENTS.length - 1);
    const { code, stderr } = await bmsc('conformance', '--bsf', bsf.url.href);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--bsf needs --sim') });
  } finally {
    await bsf.close();
  }
}, 60_000);
