import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseSettings } from '../../cdk/settings/index.ts';
import { KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import { FOREIGN_PROFILE } from '../key-management/payload/foreign-profile.ts';
import { resources, synthesize } from './templates.ts';

const folder = mkdtempSync(join(tmpdir(), 'bmsc-profile-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the setting has a payload profile, or the name of its file, and the function gets it', () => {
  const file = join(folder, 'profile.json');
  writeFileSync(file, JSON.stringify({ $schema: 'x', ...FOREIGN_PROFILE }));
  expect(parseSettings({ payloadProfile: file }).payloadProfile).toEqual(FOREIGN_PROFILE);
  const { service } = synthesize({ payloadProfile: file });
  const variables = Object.values(resources(service, 'AWS::Lambda::Function'))
    .map(({ Properties }) => Properties as { Environment?: { Variables?: Record<string, string> } })
    .map(({ Environment }) => Environment?.Variables?.[KEY_REQUEST_VARIABLE.payloadProfile])
    .filter((value) => value !== undefined);
  expect(variables).toEqual([JSON.stringify(FOREIGN_PROFILE)]);
}, 60_000);

test('a profile that the environment of a function has no room for is refused', () => {
  const namespace = `urn:${'n'.repeat(250)}`;
  const names = [
    'register',
    'deregister',
    'mskRequest',
    'registerResponse',
    'deregisterResponse',
    'mskResponse',
  ];
  const long = Object.fromEntries(
    names.map((name) => [
      name,
      { namespace, root: 'r'.repeat(64), item: Array(4).fill('i'.repeat(60)).join('/') },
    ]),
  );
  expect(() => parseSettings({ payloadProfile: long })).toThrow(
    /bmsc\.payloadProfile": at most 2500 octets of JSON, here are \d+/,
  );
});
