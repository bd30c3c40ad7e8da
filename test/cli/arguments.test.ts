import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { keyFile } from './key-file.ts';
import { bmsc, ROOT, start } from './run.ts';

const KEY = randomBytes(32).toString('hex');
const KEY_FILE = keyFile(KEY);
const UE = ['--url', 'http://127.0.0.1:9/keymanagement', '--b-tid', 'AA==@bsf.home1.net'];

const leavesOf = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
const groupsOf = (command: Command): Command[] =>
  command.commands.length === 0 ? [] : [command, ...command.commands.flatMap(groupsOf)];
const nameOf = (command: Command): string =>
  command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;

test.each(leavesOf(createProgram()).map((command) => [nameOf(command), command] as const))(
  '%s --help has an example of itself, and --json',
  (name, command) => {
    let help = '';
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    expect(help).toMatch(new RegExp(`Examples?:\\n  ${name} `));
    expect(help).toContain('--json');
  },
);

test.each(groupsOf(createProgram()).map((command) => [nameOf(command), command] as const))(
  '%s --help has an example of one of its commands',
  (name, command) => {
    let help = '';
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    expect(help).toMatch(new RegExp(`Examples?:\\n  ${name} `));
  },
);

test.concurrent.each([
  ['npm start --', 'local/main.ts', 'npm start -- '],
  ['npm run smoke --', 'cli/smoke/main.ts', 'npm run smoke -- '],
])('%s --help has an example', async (_, file, example) => {
  const { code, stdout } = await start(process.execPath, [join(ROOT, file), '--help']).finished;
  expect(code).toBe(0);
  expect(stdout).toContain(`Example:\n  ${example}`);
});

test.concurrent.each([
  ['an unknown command', ['nonsense'], "unknown command 'nonsense'"],
  ['no --key-group', ['provision', 'service', 'urn:a'], "required option '--key-group"],
  ['an invalid Key Domain ID', ['provision', 'msk', '1-1', '00010001'], 'a Key Domain ID is'],
  ['an invalid MSK ID', ['push', '001-01', '0001', '--ue', 'a@b'], 'an MSK ID is 8 hexadecimal digits'],
  ['an invalid Key Group', ['solicit', '001-01', '1', '--ue', 'a@b'], 'a Key Group is 4 hexadecimal digits'],
  [
    'an empty interval of MTK IDs',
    ['provision', 'msk', '001-01', '00010001', '--seql', '5', '--sequ', '3'],
    '--seql 5 is above --sequ 3',
  ],
  ['an invalid MTK ID', ['provision', 'msk', '001-01', '00010001', '--seql', '70000'], 'from 0 to 65535'],
  ['no MTK ID', ['provision', 'msk', '001-01', '00010001', '--seql', ''], 'an MTK ID is'],
  ['no User Service ID', ['provision', 'service', '', '--key-group', '001-01/0001'], 'a User Service ID is'],
  [
    'a User Service ID of two lines',
    ['provision', 'service', 'urn:a\nurn:b', '--key-group', '001-01/0001'],
    'a User Service ID is',
  ],
  [
    'a User Service ID of 5000 letters',
    ['provision', 'service', 'a'.repeat(5000), '--key-group', '001-01/0001'],
    'a User Service ID is',
  ],
  [
    'a Key Group of three parts',
    ['provision', 'service', 'urn:a', '--key-group', '001-01/0001/7'],
    'the form is KEYDOMAIN/KEYGROUP',
  ],
  [
    'an MSK ID of three parts',
    ['ue', 'request', '--msk', '001-01/00010000/7', ...UE, '--ks-naf', KEY_FILE],
    'the form is',
  ],
  [
    'a lifetime of 317,000 years',
    ['provision', 'association', 'AA==@b.c', 'a@b', '--ks-naf', KEY_FILE, '--lifetime', '1e13'],
    'a key lifetime is a whole number of 1 to 31536000 seconds',
  ],
  [
    'a lifetime in hexadecimal',
    ['provision', 'association', 'AA==@b.c', 'a@b', '--ks-naf', KEY_FILE, '--lifetime', '0x10'],
    'a key lifetime is',
  ],
  [
    'no lifetime',
    ['provision', 'association', 'AA==@b.c', 'a@b', '--ks-naf', KEY_FILE, '--lifetime', '1e-3'],
    'a key lifetime is',
  ],
  [
    'a key of 63 digits',
    ['provision', 'association', 'AA==@b.c', 'a@b', '--ks-naf', keyFile(KEY.slice(1))],
    'the key must have 64 hexadecimal digits, not 63',
  ],
  ['an invalid IMPI', ['provision', 'subscription', 'alice', 'urn:a'], 'IMPI'],
  [
    'an invalid B-TID',
    ['provision', 'association', 'alice', 'a@b', '--ks-naf', KEY_FILE],
    'a B-TID has the form',
  ],
  [
    'a UE without keys',
    ['ue', 'run', ...UE],
    'give --ks-naf (GBA_ME), or both --ks-ext-naf and --ks-int-naf',
  ],
  [
    'half of the keys of GBA_U',
    ['ue', 'run', ...UE, '--ks-ext-naf', KEY_FILE],
    'both --ks-ext-naf and --ks-int-naf',
  ],
  ['an invalid port', ['ue', 'run', ...UE, '--port', '65536'], 'a port is a number from 0 to 65535'],
  [
    'a rate without end',
    ['push', '001-01', '00010000', '--ue', 'a@b', '--per-second', '1e400'],
    '--per-second',
  ],
  ['a spread of years', ['solicit', '001-01', '0001', '--ue', 'a@b', '--spread', '1e9'], '--spread'],
  ['a lead time of 3000 years', ['rotate', '001-01', '0001', '--lead-time', '99999999999'], '--lead-time'],
  [
    '600 UEs',
    [
      'push',
      '001-01',
      '00010000',
      ...Array.from({ length: 600 }, (_, index) => ['--ue', `${index}@b`]).flat(),
    ],
    '--ue',
  ],
  ['an invalid URL', ['ue', 'run', '--url', 'x', '--b-tid', 'AA==@b.c'], 'Invalid URL'],
  ['a key file that is not there', ['ue', 'run', ...UE, '--ks-naf', '@/none'], "open '/none'"],
])('%s is a message and exit code 2', async (_, args, message) => {
  const { code, stdout, stderr } = await bmsc(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout + stderr).not.toContain(KEY);
});

test.concurrent.each([
  [
    'a BM-SC that is not there',
    ['ue', 'register', 'urn:a', ...UE, '--ks-naf', KEY_FILE],
    '127.0.0.1:9 did not answer',
  ],
  [
    'a stack that is not there',
    ['redrive', '--endpoint-url', 'http://127.0.0.1:9'],
    "can't read stack BmscService",
  ],
])('%s is a message and exit code 1', async (_, args, message) => {
  const { code, stderr } = await bmsc(...args);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});

test.concurrent.each([
  [['nonsense'], 2, 'usage'],
  [['push', '001-01', '00010000'], 2, 'usage'],
  [['redrive', '--endpoint-url', 'http://127.0.0.1:9'], 1, 'failed'],
] as const)('with --json the error of %j is an object', async (args, exitCode, errorCode) => {
  const { code, stderr } = await bmsc(...args, '--json');
  expect(code).toBe(exitCode);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: errorCode, message: expect.any(String) } });
});

test.concurrent.each([
  ['a digit too many', `${KEY}0`],
  ['an invalid digit', `${KEY.slice(1)}x`],
  ['an octet too few', KEY.slice(2)],
])('a key with %s is refused, and not repeated', async (_, key) => {
  const { code, stdout, stderr } = await bmsc('ue', 'run', ...UE, '--ks-naf', keyFile(key));
  expect(code).toBe(2);
  expect(stderr).toContain('a key is 32 octets in hexadecimal digits');
  expect(stdout + stderr).not.toContain(KEY.slice(2, -2));
});

test.concurrent.each([
  ['of an unknown option', ['ue', 'run', ...UE, `--ks-nav=${KEY}`], "unknown option '--ks-nav=…'"],
  ['where an MSK ID belongs', ['provision', 'msk', '001-01', KEY], 'an MSK ID is 8 hexadecimal digits'],
  ['where a B-TID belongs', ['provision', 'association', KEY, 'a@b'], 'a B-TID has the form'],
  ['where a command belongs', [KEY], "unknown command '…'"],
  ['where its file belongs', ['ue', 'run', ...UE, '--ks-naf', KEY], 'give @ and the name of a file'],
  ['of an MSK', ['provision', 'msk', '001-01', '00010001', '--key', KEY], 'give @ and the name of a file'],
])('a key in the position %s is not repeated', async (_, args, message) => {
  const { code, stdout, stderr } = await bmsc(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(stdout + stderr).not.toContain(KEY.slice(0, 16));
});

test('the smoke script refuses a mistyped key in a line, and does not repeat it', async () => {
  const args = [...UE, '--ks-naf', keyFile(`${KEY}0`)];
  const { code, stdout, stderr } = await start(process.execPath, [join(ROOT, 'cli/smoke/main.ts'), ...args])
    .finished;
  expect(code).toBe(2);
  expect(stderr).toMatch(/^smoke: Ks_NAF: a key is 32 octets in hexadecimal digits.*\n$/);
  expect(stdout + stderr).not.toContain(KEY.slice(0, 16));
});
