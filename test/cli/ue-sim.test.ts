import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseBtid } from '../../lib/gba/btid.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import type { KeySource } from '../../lib/key-source/key-source.ts';
import { NaanfKeySource } from '../../lib/key-source/naanf-key-source.ts';
import { NbspKeySource } from '../../lib/key-source/nbsp-key-source.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { StandInBsf } from '../../local/bsf/stand-in-bsf.ts';
import { parseSubscribers } from '../../local/bsf/subscribers.ts';
import { TestBmsc } from '../ue/bootstrapping/test-bmsc.ts';
import { bmsc, type Finished } from './run.ts';

const NAF = 'bmsc.home1.net';
const SERVICE = 'urn:example:news';
const hex = (length: number) => randomBytes(length).toString('hex');
const SIM = {
  impi: '001010123456789@ims.mnc001.mcc001.3gppnetwork.org',
  k: hex(16),
  opc: hex(16),
  akma: {
    supi: '001010123456789',
    kAusf: hex(32),
    routingIndicator: '0',
    homeNetwork: '5gc.mnc001.mcc001.3gppnetwork.org',
  },
};
const SECRETS = [SIM.k, SIM.opc, SIM.akma.kAusf];

let folder: string;
let bsf: StandInBsf;
let server: TestBmsc;
let client: SbiClient;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmsc-sim-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file of a SIM, its name. */
function fileOf(content: unknown, mode = 0o600): string {
  const file = join(folder, 'sim.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(file, mode);
  return file;
}

/** `bmsc ue run` with a SIM, to register and listen for a moment. */
function run(...options: readonly string[]): Promise<Finished> {
  return bmsc('ue', 'run', '--service', SERVICE, '--url', server.url.href, '--for', '0.1', ...options);
}

function expectNoSecret({ stdout, stderr }: Finished): void {
  for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret);
}

describe('a UE with a SIM', () => {
  /** How many B-TIDs the BM-SC refuses at first, although the BSF knows them. */
  let refusals: number;

  beforeEach(async () => {
    refusals = 0;
    bsf = await StandInBsf.start({
      subscribers: parseSubscribers(JSON.stringify([SIM, { ...SIM, impi: 'u@home1.net', gbaU: true }])),
    });
    client = new SbiClient({ userAgent: `AF-${NAF}`, timeoutMs: 2000 });
    const network = {
      client,
      apiRootOf: () => bsf.apiRoot,
      tokens: undefined,
      discovery: undefined,
      now: Date.now,
    };
    const gba = new NbspKeySource({ ...network, nafFqdn: NAF, gbaU: true });
    const akma = new NaanfKeySource({ ...network, afId: `${NAF}0100000001` });
    server = await TestBmsc.start(NAF, (btid) => {
      refusals -= 1;
      return refusals >= 0 ? Promise.resolve(undefined) : mrkFrom(/==@/.test(btid) ? gba : akma, btid);
    });
  });
  afterEach(async () => {
    client.close();
    await server.close();
    await bsf.close();
  });

  async function mrkFrom(source: KeySource, btid: string) {
    const lookUp = await source.lookUp(parseBtid(btid));
    return lookUp.kind === 'found' ? mukAndMrkOf(lookUp.found.keys).mrk : undefined;
  }
  const bootstrapped = () => ['--bsf', bsf.ubUrl.href];

  test.each([
    ['GBA_ME', SIM],
    ['GBA_U', { ...SIM, impi: 'u@home1.net', gbaU: true }],
  ])('bootstraps and registers with %s', async (_type, sim) => {
    const finished = await run('--sim', fileOf(sim), ...bootstrapped(), '--msk', '001-01/00010000');
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(finished.stdout).toContain('00f110/00010000: 200');
    expect(finished.stdout).toMatch(/^bootstrapped .*: B-TID .*==@bsf.home1.net, until \d{4}-/);
    expect(finished.stdout).toContain(`${SERVICE}: 200 registered`);
    expect(server.requests.map(({ isAccepted }) => isAccepted)).toEqual([true, true]);
    expectNoSecret(finished);
  });

  test('bootstraps again by itself when the BM-SC says so', async () => {
    refusals = 1;
    const finished = await run('--sim', fileOf(SIM), ...bootstrapped(), '--json');
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(finished.stdout).toContain('"event":"bootstrapped-again"');
    expect(server.requests.map(({ isAccepted }) => isAccepted)).toEqual([false, true]);
    expect(new Set(server.requests.map(({ btid }) => btid)).size).toBe(2);
  });

  test('does so once', async () => {
    refusals = 9;
    const finished = await run('--sim', fileOf(SIM), ...bootstrapped());
    expect(finished).toMatchObject({ code: 1 });
    expect(finished.stderr).toContain('bootstrap anew');
    expect(server.requests).toHaveLength(2);
  });

  test('registers with AKMA, and needs no BSF', async () => {
    const finished = await run('--sim', fileOf(SIM), '--akma');
    expect(server.requests).toEqual([{ btid: expect.stringMatching(/^0[\w-]{43}@5gc/), isAccepted: true }]);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expectNoSecret(finished);
  });

  test('is warned when others may read its file', async () => {
    const finished = await run('--sim', fileOf(SIM, 0o644), ...bootstrapped());
    expect(finished.code).toBe(0);
    expect(finished.stderr).toMatch(/^warning: others may read .*sim\.json/);
  });

  test.each([
    ['no SIM and no B-TID', () => [], 'give --b-tid and its keys, or --sim'],
    ['both', () => ['--sim', fileOf(SIM), '--b-tid', 'AA==@b.c'], 'give --b-tid and its keys, or --sim'],
    ['a SIM and no BSF', () => ['--sim', fileOf(SIM)], '--sim needs --bsf, or --akma'],
    ['a SIM without AKMA', () => ['--sim', fileOf({ ...SIM, akma: undefined }), '--akma'], 'no member akma'],
    [
      'a SIM with a short K',
      () => ['--sim', fileOf({ ...SIM, k: SIM.k.slice(2) }), '--akma'],
      'wrong or missing: k',
    ],
    ['a file that is no JSON', () => ['--sim', fileOf(`{"k": "${SIM.k}"`), '--akma'], 'the file is not JSON'],
    ['a file that is not there', () => ['--sim', '/none', '--akma'], "'/none'"],
  ])('is refused with %s', async (_what, options, message) => {
    const finished = await run(...options());
    expect(finished).toMatchObject({ code: 2, stdout: '' });
    expect(finished.stderr).toContain(message);
    expectNoSecret(finished);
  });
});
