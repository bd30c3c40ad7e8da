import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { runProgram } from '../../cli/run-program.ts';
import { keyFile } from './key-file.ts';

const KEY_FILE = keyFile(randomBytes(32).toString('hex'));
const MSK_FILE = keyFile(randomBytes(16).toString('hex'));
const PROFILE = join(mkdtempSync(join(tmpdir(), 'bmsc-profile-')), 'conformance.json');
writeFileSync(
  PROFILE,
  JSON.stringify({ services: { subscribed: 'urn:example:news' }, keys: { granted: '001-01/0010' } }),
);
const leavesOf = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
const wordsOf = (command: Command): string[] =>
  command.parent === null ? [] : [...wordsOf(command.parent), command.name()];
const COMMANDS = leavesOf(createProgram()).map((command) => [wordsOf(command).join(' '), command] as const);

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

/** Runs `bmsc` in this process: its exit code, and what it writes to standard error. */
async function ended(args: readonly string[]) {
  let stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  await runProgram('bmsc', true, () => createProgram(true).parseAsync([...args, '--json'], { from: 'user' }));
  return { code: process.exitCode, stderr };
}

/** The arguments of the example that the help of a command has, for a BM-SC that is not there. */
function exampleOf(command: Command): string[] {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  const [line = ''] = help.match(/(?<=^ {2}bmsc ).*$/m) ?? [];
  return line
    .replace(/ [<>] .*/, '')
    .replace('--local', '--endpoint-url http://127.0.0.1:9')
    .replace('127.0.0.1:8080', '127.0.0.1:9')
    .replace('@ks-naf.hex', KEY_FILE)
    .replace('@foreign-msk.hex', MSK_FILE)
    .replace('conformance.json', PROFILE)
    .replace('"rate(7 days)"', 'daily')
    .split(' ');
}

test.each(COMMANDS)('%s: wrong usage is one JSON object, and exit code 2', async (words) => {
  const { code, stderr } = await ended([...words.split(' '), '--nonsense']);
  expect(code).toBe(2);
  expect(JSON.parse(stderr)).toEqual({ error: { code: 'usage', message: expect.any(String) } });
});

/** They ask nobody. */
const ALONE = /^(completion|profile .*)$/;

test.each(COMMANDS.filter(([words]) => !ALONE.test(words)))(
  '%s: a BM-SC that is not there is one JSON object, and exit code 1',
  async (_, command) => {
    const { code, stderr } = await ended(exampleOf(command));
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'failed', message: expect.stringMatching(/127.0.0.1:9|reach|stack/) },
    });
  },
);
