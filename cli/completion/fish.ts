import { type CommandShape, type OptionShape, type ValueShape, withDescendants } from './command-shape.ts';

/** A script that completes a program in fish. */
export function fishCompletion(program: CommandShape): string {
  const commands = withDescendants(program);
  const { name } = program;
  const paths = commands.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(' ')));
  return `# Completion of ${name} for fish: save it as ~/.config/fish/completions/${name}.fish.
set -g __${name}_paths ${paths.join(' ')}
function __${name}_at
    set -l at
    for word in (commandline -opc)[2..]
        if contains -- (string join -- ' ' $at $word) $__${name}_paths
            set -a at $word
        end
    end
    test "$at" = "$argv"
end
complete -c ${name} -f
${commands.flatMap((command) => linesOf(name, command)).join('\n')}
`;
}

function linesOf(program: string, command: CommandShape): string[] {
  const here = `complete -c ${program} -n ${quoted(`__${program}_at ${command.path.join(' ')}`.trim())}`;
  const values = command.arguments.map(({ value }) => value);
  const choices = values.flatMap((value) => (value.kind === 'choice' ? value.choices : []));
  return [
    ...command.commands.map(({ name, description }) => `${here} -a ${name} -d ${quoted(description)}`),
    ...(choices.length === 0 ? [] : [`${here} -a ${quoted(choices.join(' '))}`]),
    ...(values.some(({ kind }) => kind === 'file') ? [`${here} -F`] : []),
    ...command.options.map((option) => lineOfOption(here, option)),
  ];
}

function lineOfOption(here: string, { flag, description, value }: OptionShape): string {
  const takes = value === undefined ? '' : ` ${takenBy(value)}`;
  return `${here} -l ${flag.replace(/^--/, '')}${takes} -d ${quoted(description)}`;
}

function takenBy(value: ValueShape): string {
  if (value.kind === 'choice') return `-x -a ${quoted(value.choices.join(' '))}`;
  return value.kind === 'file' ? '-r -F' : '-x';
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
