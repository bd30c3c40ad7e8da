import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localSettingsWith, synthesize } from '../../local/synthesis.ts';
import { type LocalSystem, startLocalSystem } from '../../local/system.ts';
import { bmsc as run } from '../cli/run.ts';
import { freePorts } from '../free-ports.ts';
import { StandInMbSmf } from '../mbs/stand-in-mb-smf.ts';
import { openJwe } from './jwe.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const folder = mkdtempSync(join(tmpdir(), 'bmsc-key-export-'));
const events: { readonly 'detail-type': string; readonly data: unknown }[] = [];
let system: LocalSystem;
let mbSmf: StandInMbSmf;

beforeAll(async () => {
  mbSmf = await StandInMbSmf.start();
  const keyExport = { recipients: { mbstf: { publicKey: PEM, keyGroups: ['001-01/0010'] } } };
  const synthesis = await synthesize(folder, localSettingsWith([], { keyExport, mbs: mbsSettings() }));
  system = await startLocalSystem(await freePorts(), () => {}, {}, synthesis);
  system.onEvent(({ 'detail-type': detailType, detail }) =>
    events.push({ 'detail-type': detailType, data: detail.data }),
  );
}, 300_000);
afterAll(async () => {
  await system?.close();
  await mbSmf?.stop();
  rmSync(folder, { recursive: true });
});

/** One session for the MB-SMF, and one that is told on the bus. */
const mbsSettings = () => ({
  sessions: {
    news: {
      keyGroup: '001-01/0010',
      session: {
        serviceType: 'MULTICAST' as const,
        mbsSessionId: { tmgi: { mbsServiceId: '00aa01', plmnId: { mcc: '001', mnc: '01' } } },
      },
    },
    elsewhere: { keyGroup: '001-01/0010', to: 'bus' as const },
  },
  mbSmf: { apiRoot: mbSmf.apiRoot, update: 'patch' as const },
  status: { onRelease: 'stop' as const },
});

const bmsc = (...args: string[]) =>
  run(...args, '--endpoint-url', system.endpointUrl, '--stack', system.stackName);

const factsOf = (name: string) => events.filter((event) => event['detail-type'] === name);

test('a command gets the MSK of a Key Group in a JWE that the recipient alone opens, and the bus tells who', async () => {
  await bmsc('provision', 'service', 'urn:example:news', '--key-group', '001-01/0010');
  await bmsc('provision', 'msk', '001-01', '00100001');
  const { stdout } = await bmsc('export', 'keys', '001-01', '0010', '--for', 'mbstf');
  const { clear } = openJwe(stdout.trim(), privateKey);
  expect(JSON.parse(clear).keys).toMatchObject([
    { kid: '00f110/00100001', k: expect.stringMatching(/^[\w-]{22}$/) },
  ]);
  await expect
    .poll(() => factsOf('Keys Exported').at(-1), { timeout: 10_000 })
    .toMatchObject({ data: { recipient: 'mbstf', mskIds: ['00100001'] } });
  expect(JSON.stringify(events)).not.toContain(JSON.parse(clear).keys[0].k);
});

test('a command for another Key Group, or another recipient, fails with the reason', async () => {
  const other = await bmsc('export', 'keys', '001-01', '0011', '--for', 'mbstf', '--json');
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('not-allowed');
  const nobody = await bmsc('export', 'keys', '001-01', '0010', '--for', 'nobody');
  expect(nobody.code).toBe(1);
  expect(nobody.stderr).toContain('there is no recipient nobody');
  await expect.poll(() => factsOf('Key Export Refused').length).toBe(2);
});

test('a rotation gives both MSKs to the MB-SMF, and whoever hears of it on the bus fetches the same', async () => {
  await bmsc('rotate', '001-01', '0010', '--lead-time', '600', '--no-watch');
  await expect.poll(() => mbSmf.sessions.size, { timeout: 30_000 }).toBe(1);
  await expect
    .poll(() => factsOf('MBS Security Context Changed').at(-1)?.data, { timeout: 30_000 })
    .toMatchObject({ session: 'elsewhere', mskIds: ['00100001', '00100002'] });
  expect(factsOf('MBS Session Updated').at(-1)?.data).toMatchObject({ session: 'news', how: 'created' });
  const [kept] = mbSmf.sessions.values();
  const { stdout } = await bmsc(
    ...['export', 'keys', '001-01', '0010', '--for', 'mbstf', '--format', 'mbs-security-context'],
  );
  const fetched = JSON.parse(openJwe(stdout.trim(), privateKey).clear);
  const [first, next] = Object.values(kept?.mbsSecurityContext?.keyList ?? {});
  expect(fetched.keyList).toMatchObject({
    '00f110-00100001': { msk: first?.msk },
    '00f110-00100002': { msk: next?.msk },
  });
  expect(JSON.stringify(events)).not.toContain(first?.msk);

  const file = join(folder, 'context.json');
  expect(await bmsc('export', 'mbs-context', '001-01', '0010', '--file', file)).toMatchObject({
    code: 0,
    stdout: `${file} has MSK 00100001 and 00100002\n`,
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, 'utf8')).keyList).toEqual(kept?.mbsSecurityContext?.keyList);
  expect((await bmsc('export', 'mbs-context', '001-01', '0099', '--file', file)).code).toBe(1);
});

test('a release that the MB-SMF tells over HTTP is taken by its own route, and told on the bus', async () => {
  await expect.poll(() => mbSmf.subscriptions.size, { timeout: 30_000 }).toBe(1);
  const [kept] = mbSmf.subscriptions.values();
  const { notifyUri, notifyCorrelationId } = kept ?? expect.fail();
  expect(notifyUri).toContain(`${new URL(system.keyManagementUrl).origin}/mbs-status/news/`);
  expect(system.outputs.MbsStatusUrl).toBe(notifyUri.split('/').slice(0, -2).join('/'));
  const eventReportList = [{ eventType: 'MBS_REL_TMGI_EXPIRY' }];
  const notify = (uri: string) =>
    fetch(uri, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ eventList: { eventReportList, notifyCorrelationId } }),
    });
  expect((await notify(notifyUri.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status).toBe(404);
  expect((await fetch(notifyUri)).status).toBe(404);
  expect((await notify(notifyUri)).status).toBe(204);
  await expect
    .poll(() => factsOf('MBS Session Released'), { timeout: 10_000 })
    .toMatchObject([{ data: { session: 'news', why: 'tmgi-expiry' } }]);
});
