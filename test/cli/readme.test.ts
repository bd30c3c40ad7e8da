import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { secretKeyFromHex } from '../../lib/keys/secret-key.ts';
import { LocalNetwork } from '../../local/network.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import { type Finished, ROOT, type Running, start } from './run.ts';

/** The lines of the README about a UE of one's own, as they stand there. */
const SECTION =
  /^## Try it with a UE.*?(?=^## )/ms.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[0] ?? '';
const LINES = SECTION.split('\n').filter((line) => line.startsWith('npm run --silent bmsc -- '));
/** The line that makes a key, in a folder of this test. */
const KEY_LINE = SECTION.split('\n').find((line) => line.endsWith(' > ks-naf')) ?? '';
/** The line that takes a SIM out of those of the stand-in BSF. */
const SIM_LINE = SECTION.split('\n').find((line) => line.endsWith(' > sim.json)')) ?? '';
const folder = mkdtempSync(join(tmpdir(), 'bmsc-readme-'));

let network: LocalNetwork;
let system: LocalSystem;
let ue: Running | undefined;
beforeAll(async () => {
  execFileSync('sh', ['-c', KEY_LINE], { cwd: folder });
  execFileSync('sh', ['-c', SIM_LINE.replace('> sim.json', `> ${join(folder, 'sim.json')}`)], { cwd: ROOT });
  network = await LocalNetwork.start();
  system = await startTestSystem({ keyRequest: { [KEY_REQUEST_VARIABLE.keySources]: network.keySources } });
});
afterAll(async () => {
  ue?.child.kill('SIGKILL');
  await system?.close();
  await network?.close();
  rmSync(folder, { recursive: true });
});

/** A line as it is written, but for the ports: those of the README may be taken here. */
function started(line: string | undefined, more = ''): Running {
  const here = `${line}`
    .replace('@ks-naf', `@${join(folder, 'ks-naf')}`)
    .replace('--sim sim.json', `--sim ${join(folder, 'sim.json')}`)
    .replace('http://127.0.0.1:8088/', network.standIns?.nbsp.ubUrl.href ?? '')
    .replace('--local', `--endpoint-url ${system.endpointUrl}`)
    .replace('http://127.0.0.1:8080/keymanagement', system.keyManagementUrl);
  return start('sh', ['-c', `exec ${here}${more}`]);
}

/** The MSK is there from the first time. */
const againOf = (line: string) => (line.includes('provision msk') ? ' --replace' : '');
const lineOf = (command: string) => LINES.find((line) => line.includes(`-- ${command}`));
const objectsOf = ({ stdout }: Finished): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('every line of the README does what it says: a UE of one’s own is provisioned, served, pushed to and solicited', async () => {
  expect(LINES).toHaveLength(9);
  const written: string[] = [];
  for (const line of LINES.filter((each) => each.includes('-- provision '))) {
    const { code, stdout, stderr } = await started(line).finished;
    expect([code, stderr]).toEqual([0, '']);
    written.push(stdout);
  }
  expect(written.join('')).toMatch(
    /^User Service urn:example:news uses 1 Key Group\(s\)\nMSK 00100001 .* the current one.*\nalice@home1.net has a subscription.*\nassociation .* until 20\d\d-.*\n001010123456789.* has a subscription.*\n$/,
  );

  ue = started(lineOf('ue run'));
  const output = () => ue?.output() ?? '';
  const soon = { timeout: 10_000, interval: 50 };
  await expect.poll(output, soon).toMatch(/listening for MIKEY on 127\.0\.0\.1:\d+/);
  await expect.poll(output, soon).toMatch(/MSK 00100001 .* MAC good\n.*verification message sent/);
  const push = await started(lineOf('push')).finished;
  expect(push).toMatchObject({ code: 0, stderr: '' });
  await expect.poll(output, soon).toMatch(/(MSK 00100001 .* MAC good[\s\S]*){2}/);
  const solicit = await started(lineOf('solicit')).finished;
  expect(solicit).toMatchObject({ code: 0, stderr: '' });
  await expect.poll(output, soon).toContain('asked for the current MSK as solicited: 200');
  await expect.poll(output, soon).toMatch(/(MSK 00100001 .* MAC good[\s\S]*){3}/);
  ue.interrupt();
  const finished = await ue.finished;
  // npm itself ends by the signal, as a terminal expects of it.
  expect(finished.code ?? 0).toBe(0);
  expect(finished.stderr).toBe('');

  const ksNaf = secretKeyFromHex(readFileSync(join(folder, 'ks-naf'), 'utf8').trim(), 32);
  const { muk, mrk } = mukAndMrkOf({ type: 'GBA_ME', ksNaf });
  const all = [...written, push.stdout, solicit.stdout, finished.stdout].join('');
  for (const key of [ksNaf, muk, mrk].map((each) => Buffer.from(each.exposeOctets())))
    for (const form of [key.toString('hex'), key.toString('base64'), [...key].join(',')])
      expect(all.toLowerCase()).not.toContain(form.toLowerCase());
});

test('a UE with a SIM of the stand-in BSF is served without an association', async () => {
  ue = started(lineOf('ue run --service urn:example:news --url http://127.0.0.1:8080/keymanagement --sim'));
  const output = () => ue?.output() ?? '';
  await expect.poll(output, { timeout: 10_000, interval: 50 }).toMatch(/MSK 00100001 .* MAC good/);
  ue.interrupt();
  expect((await ue.finished).stderr).toBe('');
});

test('with --json each of them writes one JSON object a line', async () => {
  const others = LINES.filter((each) => !each.includes('-- ue '));
  for (const finished of await Promise.all(
    others.map((line) => started(line, `${againOf(line)} --json`).finished),
  )) {
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(objectsOf(finished)).toHaveLength(1);
  }
  const finished = await started(lineOf('ue run'), ' --json --for 2').finished;
  expect(finished).toMatchObject({ code: 0, stderr: '' });
  const objects = objectsOf(finished);
  expect(objects).toContainEqual({ serviceId: 'urn:example:news', responseCode: 200 });
  expect(objects).toContainEqual(expect.objectContaining({ event: 'msk', mskId: '00100001' }));
});
