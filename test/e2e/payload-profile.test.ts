import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBmscUnderTest } from '../../cli/conformance/bmsc/open.ts';
import { BMSC_REQUIREMENTS } from '../../cli/conformance/bmsc/requirements.ts';
import { runRequirements } from '../../cli/conformance/run.ts';
import { KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import { parsePayloadProfile } from '../../lib/key-management/payload/payload-profile.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { startUe } from '../../lib/ue/ue.ts';
import { PROFILE, provisionTestSubscribers, stimuliOf } from '../../local/conformance/test-subscribers.ts';
import { bmsc, ROOT, start } from '../cli/run.ts';
import { FOREIGN_PROFILE } from '../key-management/payload/foreign-profile.ts';
import { type LocalBmsc, startLocalBmsc, startTestUe, type TestUe } from './local-bmsc.ts';

const SERVICE = 'urn:example:news';
const FOREIGN = parsePayloadProfile(FOREIGN_PROFILE);
const KEY = { keyDomainId: parseKeyDomainId('00f110'), mskId: { keyGroup: 0x91, keyNumber: 0 } };
const folder = mkdtempSync(join(tmpdir(), 'bmsc-foreign-'));
const profileFile = join(folder, 'profile.json');

let local: LocalBmsc;
beforeAll(async () => {
  const text = JSON.stringify(FOREIGN_PROFILE);
  writeFileSync(profileFile, text);
  local = await startLocalBmsc({ keyRequest: { [KEY_REQUEST_VARIABLE.payloadProfile]: text } });
  await local.bmsc('provision', 'service', SERVICE, '--key-group', '001-01/0091');
  await local.bmsc('provision', 'msk', '001-01', '00910001');
}, 120_000);
afterAll(async () => {
  await local?.system.close();
  rmSync(folder, { recursive: true });
});

/** The lines of the Key Request function's log. */
const log = () => readFileSync(join(local.system.logFolder, 'key-request.log'), 'utf8');

test('a UE with the profile of the BM-SC registers, asks, gets its key, and leaves', async () => {
  const { ue } = await startTestUe(local);
  expect(await ue.register([SERVICE, 'urn:example:none'])).toEqual([
    { serviceId: SERVICE, responseCode: 200 },
    { serviceId: 'urn:example:none', responseCode: 404 },
  ]);
  expect(await ue.requestMsks([KEY])).toEqual([{ ...KEY, responseCode: 200 }]);
  await expect.poll(() => ue.ring.list().length, { timeout: 5000 }).toBe(1);
  expect(await ue.deregister([SERVICE])).toEqual([{ serviceId: SERVICE, responseCode: 200 }]);
  await ue.close();
});

/** A UE with the same association, whose payloads are those of the default profile but where `input` says. */
function ueOfDefault({ association }: TestUe, input: object) {
  return startUe({
    association,
    keyManagementUrl: new URL(local.system.keyManagementUrl),
    payloadProfile: parsePayloadProfile(input),
    listen: { address: '127.0.0.1', port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: () => {},
  });
}

const { register } = FOREIGN_PROFILE;
const { requestType, mediaType } = register;

test.each([
  ['requestType', {}, 'mbms-registration, mbms-deregistration, mbms-keys', ['register']],
  ['register.mediaType', { register: { requestType } }, mediaType, ['application/mbms-register+xml']],
  ['register.root', { register: { requestType, mediaType } }, register.root, ['mbmsSecurityRegister']],
  [
    'register.item',
    { register: { requestType, mediaType, root: register.root } },
    register.item,
    ['{urn:3GPP:metadata:2005:MBMS:register}serviceID'],
  ],
  [
    'register.serviceId',
    { ...FOREIGN_PROFILE, register: { ...register, serviceId: 'uri' } },
    register.serviceId,
    ['uri'],
  ],
  ['requestBody', { ...FOREIGN_PROFILE, requestBody: 'xml' }, 'base64', ['xml']],
] as const)(
  'a UE that is otherwise in %s is refused, and answer, log and metric name it',
  async (member, input, expected, came) => {
    const good = await startTestUe(local);
    const ue = await ueOfDefault(good, input);
    const before = log().length;
    await expect(ue.register([SERVICE])).rejects.toMatchObject({
      code: 'refused',
      status: member.endsWith('mediaType') ? 415 : 400,
    });
    await expect.poll(() => log().slice(before), { timeout: 5000 }).toContain('"PayloadMismatches":1');
    const lines = log()
      .slice(before)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    const line = lines.find((each) => each.message === 'key request' && each.mismatch !== undefined);
    expect(line).toMatchObject({ result: 'rejected', mismatch: { member, expected, came } });
    expect(lines.find((each) => each.PayloadMismatches === 1)).toMatchObject({ member });
    // Whoever sends a wrong requesttype or media type has not said yet who it is.
    const isAuthenticated = !['requestType', 'register.mediaType'].includes(member);
    expect(line.impi).toBe(isAuthenticated ? good.impi : undefined);
    expect(lines.some((each) => each.PayloadMismatchesOfUes === 1)).toBe(isAuthenticated);
    // Nothing has changed: the right UE is not registered, and can be.
    expect(await good.ue.deregister([SERVICE])).toEqual([{ serviceId: SERVICE, responseCode: 404 }]);
    await ue.close();
    await good.ue.close();
  },
);

test('the conformance suite passes with the profile, and fails without it', async () => {
  const [first, second] = await provisionTestSubscribers(local.store);
  const { nafFqdn, keyManagementUrl } = local.system;
  const outcomesWith = async (payloads: typeof FOREIGN, ids: RegExp) => {
    const { subject, close } = await openBmscUnderTest({
      url: new URL(keyManagementUrl),
      profile: { ...PROFILE, payloads },
      association: { ...first, nafFqdn },
      stimuli: stimuliOf(local, first.impi),
      randomOctets: (length) => randomBytes(length),
      address: '127.0.0.1',
      expiring: {
        association: { ...second, nafFqdn },
        stimuli: stimuliOf(local, second.impi),
        expiresAt: second.expiresAt,
      },
    });
    const requirements = BMSC_REQUIREMENTS.filter(({ id }) => ids.test(id));
    try {
      return await runRequirements(requirements, subject, { hostile: true, load: false });
    } finally {
      await close();
    }
  };
  const outcomes = await outcomesWith(FOREIGN, /(?:)/);
  const wrong = outcomes.filter(({ result }) => result === 'fail' || result === 'warn');
  expect(wrong.map(({ requirement, seen }) => `${requirement.id}: ${seen}`)).toEqual([]);
  expect(outcomes.filter(({ result }) => result === 'pass').length).toBeGreaterThan(80);
  const others = await outcomesWith(parsePayloadProfile({}), /^(auth-accepted|register-granted)$/);
  expect(others.some(({ result }) => result === 'pass')).toBe(false);
}, 120_000);

test('`bmsc ue` takes the profile from a file, and the conformance suite tests it by the same', async () => {
  const ksNaf = join(folder, 'ks-naf');
  writeFileSync(ksNaf, randomBytes(32).toString('hex'), { mode: 0o600 });
  const association = ['--b-tid', 'fve4iTWb1rTb297CzVSrpw==@bsf.home1.net', '--ks-naf', `@${ksNaf}`];
  const profile = ['--payload-profile', profileFile];
  const program = join(ROOT, 'cli/bmsc.ts');
  const suite = start(process.execPath, [
    program,
    ...['conformance', '--ue', '--listen', '127.0.0.1:0', ...association, ...profile],
  ]);
  await expect.poll(() => suite.output(), { timeout: 20_000 }).toMatch(/waiting for a UE at http/);
  const url = /waiting for a UE at (\S+)/.exec(suite.output())?.[1] ?? '';
  const ue = start(process.execPath, [
    program,
    ...['ue', 'run', '--url', url, '--service', SERVICE, ...association, ...profile],
  ]);
  const { code, stdout } = await suite.finished;
  ue.interrupt();
  await ue.finished;
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/ 0 fail, 0 warn/) });
}, 90_000);

test('a profile that is wrong stops the command before it sends anything', async () => {
  const wrong = join(folder, 'wrong.json');
  writeFileSync(wrong, JSON.stringify({ mskRequest: { item: 'a b' } }));
  const url = ['--url', local.system.keyManagementUrl, '--b-tid', 'AA==@bsf.home1.net'];
  const { code, stderr } = await bmsc('ue', 'register', SERVICE, ...url, '--payload-profile', wrong);
  expect(code).toBe(2);
  expect(stderr).toMatch(/wrong\.json: mskRequest\.item: a path of elements/);
});
