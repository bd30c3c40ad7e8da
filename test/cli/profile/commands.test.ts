import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bmsc } from '../run.ts';

const folder = mkdtempSync(join(tmpdir(), 'bmsc-profile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const REQUEST = '<keyReq xmlns="urn:vendor"><key><domain>APEQ</domain><msk>AAEAAA==</msk></key></keyReq>';

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('a profile that is learnt decodes what it was learnt from, and the default one says why it does not', async () => {
  const request = file('request.xml', Buffer.from(REQUEST).toString('base64'));
  const out = join(folder, 'profile.json');
  const learnt = await bmsc('profile', 'learn', request, '--out', out);
  expect(learnt).toMatchObject({ code: 0, stdout: '' });
  expect(learnt.stderr).toMatch(/^recognised +mskRequest\.item = key/m);
  expect(learnt.stderr).toMatch(/^guessed +mskRequest\.root = keyReq/m);
  expect(learnt.stderr).toMatch(/^not learnt +register, deregister/m);
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({
    mskRequest: {
      root: 'keyReq',
      namespace: 'urn:vendor',
      item: 'key',
      keyDomainId: 'domain',
      mskId: 'msk',
    },
  });
  expect(await bmsc('profile', 'check', request, '--profile', out)).toEqual({
    code: 0,
    stdout: `${request}: mskRequest of 1: 00f110/00010000\n`,
    stderr: '',
  });
  const refused = await bmsc('profile', 'check', request);
  expect(refused).toMatchObject({ code: 1, stderr: 'bmsc: 1 of 1 are otherwise\n' });
  expect(refused.stdout).toBe(
    `${request}: no mskRequest by this profile: mskRequest.root is mbmsMSKRequest, here is keyReq\n`,
  );
});

test('with --json there is one object, with the profile and what was found', async () => {
  const { code, stdout } = await bmsc(
    'profile',
    'learn',
    file('b.xml', REQUEST),
    '--as',
    'mskRequest',
    '--json',
  );
  expect(code).toBe(0);
  const { profile, findings, undecoded } = JSON.parse(stdout);
  expect(profile.mskRequest.root).toBe('keyReq');
  expect(findings).toContainEqual({
    kind: 'recognised',
    member: 'mskRequest.mskId',
    value: 'msk',
    source: join(folder, 'b.xml'),
  });
  expect(undecoded).toEqual([]);
});

test('profile show prints every member, which is a profile again', async () => {
  const { stdout } = await bmsc('profile', 'show');
  const whole = file('whole.json', stdout);
  expect(JSON.parse(stdout)).toMatchObject({ mskRequest: { item: 'MSK', keyDomainId: 'keyDomainID' } });
  expect((await bmsc('profile', 'show', '--profile', whole)).stdout).toBe(stdout);
});

test.each([
  ['a file that is not there', () => ['learn', join(folder, 'none')], /no such file/],
  ['nothing that is a document', () => ['learn', file('no.http', 'HTTP/1.1 401 x\r\n\r\n')], /no document/],
  [
    'a profile that is wrong',
    () => ['check', file('r.xml', REQUEST), '--profile', file('p.json', '{"mskRequest":{"root":"a b"}}')],
    /p\.json: mskRequest\.root: an XML name/,
  ],
  ['a profile that is no JSON', () => ['show', '--profile', file('q.json', 'x')], /q\.json: .*JSON/],
])('%s is a wrong usage that is named', async (_, args, message) => {
  const { code, stderr } = await bmsc('profile', ...args());
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test('a capture that can’t be read is named, and the command fails', async () => {
  const { code, stdout } = await bmsc('profile', 'check', file('bad.xml', '<a><b></a>'));
  expect(code).toBe(1);
  expect(stdout).toMatch(/bad\.xml: not well-formed/);
});
