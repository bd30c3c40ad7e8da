import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { readConfig } from '../../cli/config.ts';
import { LOCAL_CREDENTIALS } from '../../cli/emulator/account.ts';
import { clientSettingsOf } from '../../cli/stack.ts';
import { describeWith, type Peer, runs } from '../peers.ts';
import { bmsc, ROOT } from './run.ts';

const BMSC = join(ROOT, 'cli/bmsc.ts');
const UE = ['ue', 'register', 'urn:a', '--url', 'http://127.0.0.1:9/k', '--b-tid', 'AA==@bsf.home1.net'];
const NOWHERE = ['--endpoint-url', 'http://127.0.0.1:9'];
const folder = mkdtempSync(join(tmpdir(), 'bmsc-habits-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

/** A folder as XDG_CONFIG_HOME with this configuration. */
function configured(text: string): string {
  const home = mkdtempSync(join(folder, 'config-'));
  mkdirSync(join(home, 'bmsc'));
  writeFileSync(join(home, 'bmsc', 'config.json'), text);
  return home;
}

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(await bmsc('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test.concurrent.each([
  [['redrive', ...NOWHERE, '--output', 'json'], 1],
  [['redrive', ...NOWHERE, '--output=json'], 1],
  [['redrive', ...NOWHERE, '--output', 'jsno'], 2],
  [['redrive', '--json', '--output', 'table'], 2],
])('with --output json an error is an object: %j', async (args, exitCode) => {
  const { code, stderr } = await bmsc(...args);
  expect(code).toBe(exitCode);
  if (!args.includes('jsno')) expect(JSON.parse(stderr)).toHaveProperty('error.message');
});

test.concurrent.each([
  ['a command', ['provison'], 'Did you mean provision?'],
  ['a thing', ['provision', 'servce'], 'Did you mean service?'],
  ['an option', ['push', '001-01', '00010001', '--servce', 'urn:a'], 'Did you mean --service?'],
  ['a value', ['redrive', '--output', 'jsn'], 'Did you mean json?'],
])('%s that is mistyped is answered with what was meant', async (_, args, message) => {
  const { code, stderr } = await bmsc(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('stack, endpoint, region and profile have their defaults in a file', () => {
  const config = { stack: 'Mine', endpointUrl: 'http://127.0.0.1:4', region: 'eu-north-1', profile: 'ops' };
  vi.stubEnv('XDG_CONFIG_HOME', configured(JSON.stringify(config)));
  expect(readConfig()).toEqual(config);
  vi.stubEnv('XDG_CONFIG_HOME', join(folder, 'none'));
  expect(readConfig()).toEqual({});
});

test.each([
  ['{', 'is no JSON'],
  ['"x"', 'the whole'],
  ['{"stak":"x"}', 'stak: '],
  ['{"endpointUrl":"x"}', 'endpointUrl: '],
  ['{"stack":7}', 'stack: '],
])('a configuration file with %s is a message that names what is wrong in it', async (text, message) => {
  vi.stubEnv('XDG_CONFIG_HOME', configured(text));
  const { code, stderr } = await bmsc('redrive');
  expect(code).toBe(2);
  expect(stderr).toContain('config.json');
  expect(stderr).toContain(message);
});

test('a command asks the endpoint and the stack of the file, unless it is told another', async () => {
  vi.stubEnv('XDG_CONFIG_HOME', configured('{"stack":"Mine","endpointUrl":"http://127.0.0.1:9"}'));
  for (const name of ['AWS_ENDPOINT_URL', 'BMSC_STACK']) vi.stubEnv(name, undefined);
  expect((await bmsc('redrive')).stderr).toMatch(/stack Mine: .*127\.0\.0\.1:9/);
  vi.stubEnv('BMSC_STACK', 'Ours');
  expect((await bmsc('redrive')).stderr).toContain('stack Ours: ');
  const told = await bmsc('redrive', '--stack', 'Theirs', '--endpoint-url', 'http://127.0.0.1:8');
  expect(told.stderr).toMatch(/stack Theirs: .*127\.0\.0\.1:8/);
});

const CONFIG = { endpointUrl: 'http://127.0.0.1:4', region: 'eu-north-1', profile: 'ops' };
const KEY_PAIR = { AWS_ACCESS_KEY_ID: 'a' };

test.each([
  ['nothing: the SDK looks for itself', {}, {}, {}, {}],
  ['the file', {}, { region: 'eu-north-1', profile: 'ops' }, {}, { region: 'eu-north-1', profile: 'ops' }],
  [
    'the environment before the file',
    {},
    { region: 'eu-north-1', profile: 'ops' },
    { AWS_REGION: 'us-west-2', ...KEY_PAIR },
    { region: 'us-west-2' },
  ],
  [
    'options before all else',
    { region: 'eu-west-1', profile: 'mine' },
    { region: 'eu-north-1', profile: 'ops' },
    { AWS_REGION: 'us-west-2', AWS_PROFILE: 'theirs' },
    { region: 'eu-west-1', profile: 'mine' },
  ],
  [
    'an emulator: any credentials',
    { endpointUrl: 'http://127.0.0.1:5' },
    {},
    {},
    { endpoint: 'http://127.0.0.1:5', region: 'us-east-1', credentials: LOCAL_CREDENTIALS },
  ],
  [
    'an emulator with credentials of the environment',
    { endpointUrl: 'http://127.0.0.1:5' },
    {},
    KEY_PAIR,
    { endpoint: 'http://127.0.0.1:5', region: 'us-east-1' },
  ],
  [
    'AWS_ENDPOINT_URL before the file',
    {},
    CONFIG,
    { AWS_ENDPOINT_URL: 'x', AWS_REGION: 'y', ...KEY_PAIR },
    { region: 'y' },
  ],
  [
    '--local: nothing of the file',
    { local: true },
    CONFIG,
    {},
    { endpoint: 'http://127.0.0.1:4566', region: 'us-east-1', credentials: LOCAL_CREDENTIALS },
  ],
])('clients are made with %s', (_, options, config, env, settings) => {
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_PROFILE', 'AWS_ACCESS_KEY_ID'])
    vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  expect(clientSettingsOf(options, config)).toEqual(settings);
});

/** Runs `bmsc` with this on its standard input. */
function withInput(input: string, ...args: readonly string[]) {
  return spawnSync(process.execPath, [BMSC, ...args], { input, encoding: 'utf8', timeout: 20_000 });
}

test('keys come from standard input, one a line', () => {
  const [ext, int] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const read = withInput(`${ext}\n${int}\n`, ...UE, '--ks-ext-naf', '-', '--ks-int-naf', '-');
  expect(read).toMatchObject({ status: 1, stderr: expect.stringContaining('did not answer') });
  const half = withInput(ext, ...UE, '--ks-ext-naf', '-', '--ks-int-naf', '-');
  expect(half).toMatchObject({ status: 2, stderr: expect.stringContaining('no line for Ks_int_NAF') });
  const wrong = withInput(`${ext}0\n`, ...UE, '--ks-naf', '-');
  expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('not 65') });
  expect(wrong.stderr + wrong.stdout).not.toContain(ext.slice(0, 16));
});

const SCRIPT: Peer = {
  name: 'script',
  isThere: () => runs('script', '-qec', 'true', '/dev/null'),
  install: 'apt-get install bsdutils',
};

describeWith(SCRIPT, 'at a terminal', () => {
  test('a key is asked for, and what is typed does not show', async () => {
    const key = randomBytes(32).toString('hex');
    const line = [process.execPath, BMSC, ...UE, '--ks-naf', '-'].join(' ');
    const child = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      // The terminal itself shows what is typed before the prompt has taken it over.
      if (!output.includes('digits): ') && (output + chunk).includes('digits): '))
        child.stdin.write(`${key}\n`);
      output += chunk.toString();
    });
    const [code] = await once(child, 'close');
    expect(output).toContain('Ks_NAF (64 hexadecimal digits): ');
    expect(output).toContain('did not answer');
    expect(output).not.toContain(key.slice(0, 8));
    expect(code).toBe(1);
  });
});
