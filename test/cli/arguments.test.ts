import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { bmsc } from './run.ts';

const KEY = randomBytes(32).toString('hex');
const UE = ['--url', 'http://127.0.0.1:9/keymanagement', '--b-tid', 'AA==@bsf.home1.net'];

const leavesOf = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
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
    expect(help).toMatch(new RegExp(`Examples?:\\n(  .*\\n)*  ${name} `));
    expect(help).toContain('--json');
  },
);

test.concurrent.each([
  ['a command that is none', ['nonsense'], "unknown command 'nonsense'"],
  ['no --key-group', ['provision', 'service', 'urn:a'], "required option '--key-group"],
  ['a Key Domain ID that is none', ['provision', 'msk', '1-1', '00010001'], 'a Key Domain ID is'],
  ['an MSK ID that is none', ['push', '001-01', '0001', '--ue', 'a@b'], 'an MSK ID is 8 hexadecimal digits'],
  [
    'a Key Group that is none',
    ['solicit', '001-01', '1', '--ue', 'a@b'],
    'a Key Group is 4 hexadecimal digits',
  ],
  [
    'an MTK ID that is none',
    ['provision', 'msk', '001-01', '00010001', '--seql', '70000'],
    'from 0 to 65535',
  ],
  ['no IMPI', ['provision', 'subscription', 'alice', 'urn:a'], 'IMPI'],
  ['no B-TID', ['provision', 'association', 'alice', 'a@b', '--ks-naf', KEY], 'a B-TID has the form'],
  [
    'a UE without keys',
    ['ue', 'run', ...UE],
    'give --ks-naf (GBA_ME), or both --ks-ext-naf and --ks-int-naf',
  ],
  [
    'half of the keys of GBA_U',
    ['ue', 'run', ...UE, '--ks-ext-naf', KEY],
    'both --ks-ext-naf and --ks-int-naf',
  ],
  ['a port that is none', ['ue', 'run', ...UE, '--port', '65536'], 'a port is a number from 0 to 65535'],
  ['a URL that is none', ['ue', 'run', '--url', 'x', '--b-tid', 'AA==@b.c'], 'Invalid URL'],
  [
    'a BM-SC that is not there',
    ['ue', 'register', 'urn:a', ...UE, '--ks-naf', KEY],
    '127.0.0.1:9 did not answer',
  ],
  [
    'a stack that is not there',
    ['redrive', '--endpoint-url', 'http://127.0.0.1:9'],
    "can't read stack BmscService",
  ],
  ['a key file that is not there', ['ue', 'run', ...UE, '--ks-naf', '@/none'], "open '/none'"],
])('%s is a message and exit code 1', async (_, args, message) => {
  const { code, stdout, stderr } = await bmsc(...args);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout + stderr).not.toContain(KEY);
});

test.concurrent.each([
  ['a digit too many', `${KEY}0`],
  ['a digit that is none', `${KEY.slice(1)}x`],
  ['an octet too few', KEY.slice(2)],
])('a key with %s is refused, and not repeated', async (_, key) => {
  const { code, stdout, stderr } = await bmsc('ue', 'run', ...UE, '--ks-naf', key);
  expect(code).toBe(1);
  expect(stderr).toContain('a key is 32 octets in hexadecimal digits');
  expect(stdout + stderr).not.toContain(KEY.slice(2, -2));
});
