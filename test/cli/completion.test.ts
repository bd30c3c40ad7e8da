import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bashCompletion } from '../../cli/completion/bash.ts';
import { type CommandShape, shapeOf, withDescendants } from '../../cli/completion/command-shape.ts';
import { fishCompletion } from '../../cli/completion/fish.ts';
import { zshCompletion } from '../../cli/completion/zsh.ts';
import { createProgram } from '../../cli/program.ts';
import { describeWith } from '../peers.ts';
import { bmsc } from './run.ts';
import { BASH, FISH, ZSH } from './shells.ts';

const PROGRAM = shapeOf(createProgram());
const COMMANDS = withDescendants(PROGRAM);
const folder = mkdtempSync(join(tmpdir(), 'bmsc-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Files of the folder in which completions are asked for. */
const FILES = ['ks-naf.hex', 'sim.json', 'sim2.json'];
for (const file of FILES) writeFileSync(join(folder, file), '');

/** What a shell's completion script, with some lines for each question, prints for them. */
function answers(
  shell: string,
  args: readonly string[],
  script: string,
  lines: readonly string[],
): string[][] {
  writeFileSync(join(folder, '.script'), [script, ...lines].join('\n'));
  const { stdout, stderr } = spawnSync(shell, [...args, '.script'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 25_000,
  });
  expect(stderr).toBe('');
  return stdout
    .split('\n=\n')
    .slice(0, -1)
    .map((part) => part.split('\n').filter((line) => line !== ''));
}

/** What bash offers at the end of each line; its last word may be empty. */
function offeredByBash(lines: readonly string[]): string[][] {
  const questions = lines.map((line) => {
    const words = line.split(' ').map((word) => `'${word}'`);
    // What readline does with an empty answer, for files.
    const files = `[[ $default && \${#COMPREPLY[@]} == 0 ]] && COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))`;
    const ask = `default=; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _bmsc`;
    return `${ask}; ${files}; printf '%s\\n' "\${COMPREPLY[@]}"; echo =`;
  });
  const compopt = 'compopt() { default=yes; }';
  return answers('bash', ['--norc'], bashCompletion(PROGRAM), [compopt, ...questions]);
}

/** What fish offers at the end of each line, without descriptions. */
function offeredByFish(lines: readonly string[]): string[][] {
  const questions = lines.map((line) => `complete -C '${line}'; echo; echo =`);
  return answers('fish', ['--no-config'], fishCompletion(PROGRAM), questions).map((words) =>
    words.map((word) => word.split('\t')[0] ?? ''),
  );
}

const lineOf = ({ path }: CommandShape, last: string) => ['bmsc', ...path, last].join(' ');
const wordsOf = ({ commands, arguments: all }: CommandShape) => [
  ...commands.map(({ name }) => name),
  ...all.flatMap(({ value }) => (value.kind === 'choice' ? value.choices : [])),
];
const flagsOf = ({ options }: CommandShape) => options.map(({ flag }) => flag);
const hasFiles = ({ arguments: all }: CommandShape) => all.some(({ value }) => value.kind === 'file');

describeWith(BASH, 'in bash', () => {
  test('each command offers its commands and its options', () => {
    const words = offeredByBash(COMMANDS.map((command) => lineOf(command, '')));
    const flags = offeredByBash(COMMANDS.map((command) => lineOf(command, '-')));
    for (const [index, command] of COMMANDS.entries()) {
      if (!hasFiles(command)) expect(words[index]).toEqual(wordsOf(command));
      expect(flags[index]).toEqual(flagsOf(command));
    }
  });

  test('options offer their values, and files where they take one', () => {
    expect(
      offeredByBash([
        'bmsc redrive --output ',
        'bmsc redrive --output t',
        'bmsc ue run --sim s',
        'bmsc provision msk --key @ k',
        'bmsc ue run --port ',
        'bmsc prov',
      ]),
    ).toEqual([['table', 'json'], ['table'], ['sim.json', 'sim2.json'], ['ks-naf.hex'], [], ['provision']]);
  });
});

describeWith(FISH, 'in fish', () => {
  test('each command offers its commands and its options', () => {
    const words = offeredByFish(COMMANDS.map((command) => lineOf(command, '')));
    const flags = offeredByFish(COMMANDS.map((command) => lineOf(command, '--')));
    for (const [index, command] of COMMANDS.entries()) {
      if (!hasFiles(command)) expect(words[index]?.toSorted()).toEqual(wordsOf(command).toSorted());
      expect(flags[index]?.toSorted()).toEqual([...new Set(flagsOf(command))].toSorted());
    }
  });

  test('options offer their values, and files where they take one', () => {
    expect(
      offeredByFish([
        'bmsc redrive --output ',
        'bmsc redrive --json --output t',
        'bmsc ue run --sim s',
        'bmsc ue run --port ',
      ]),
    ).toEqual([['json', 'table'], ['table'], ['sim.json', 'sim2.json'], []]);
  });
});

/** What an interactive zsh writes when Tab is pressed at the end of each line. */
function shownByZsh(lines: readonly string[]): string[] {
  writeFileSync(join(folder, '_bmsc'), zshCompletion(PROGRAM));
  const questions = lines.map((line) => `ask '${line}'`);
  const script = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "unsetopt beep; setopt list_packed; stty cols 200 rows 500; autoload -Uz compinit; compinit -u -D"
zpty -w shell ". ./_bmsc; PS1=$'\\x3c\\x3e'"
zpty -r shell reply '*<>*'
ask() {
  zpty -w -n shell "$1"$'\\t\\t'$'\\C-u'"print DO''NE"$'\\n'
  # The prompt says that what is typed next goes to the line editor.
  zpty -r shell reply '*DONE*<>*'
  print -r -- "$reply"; print =
}
`;
  return answers('zsh', ['-f'], script, questions).map((each) => each.join('\n'));
}

describeWith(ZSH, 'in zsh', () => {
  test('commands, options and values are offered, with what they do', () => {
    const [things, flags, formats, files] = shownByZsh([
      'bmsc provision ',
      'bmsc provision service --',
      'bmsc redrive --output ',
      'bmsc ue run --sim s',
    ]);
    expect(things).toMatch(/association .*bootstrapped security association/);
    expect(things).toMatch(/subscription .*allow a subscriber/);
    for (const flag of ['--key-group', '--stack', '--output', '--help']) expect(flags).toContain(flag);
    expect(formats).toMatch(/json\s+table/);
    expect(files).toContain('sim.json');
  });
});

test.each(['bash', 'zsh', 'fish'])('bmsc completion %s prints the script', async (shell) => {
  const make = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }[shell];
  const { code, stdout, stderr } = await bmsc('completion', shell);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(make?.(PROGRAM));
});
