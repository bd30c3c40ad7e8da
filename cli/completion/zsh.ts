import type { ArgumentShape, CommandShape, OptionShape, ValueShape } from './command-shape.ts';
import { withDescendants } from './command-shape.ts';

/** A script that completes a program in zsh: to be sourced, or as `_bmsc` in a folder of `$fpath`. */
export function zshCompletion(program: CommandShape): string {
  const name = functionOf(program, program);
  return `#compdef ${program.name}
# Completion of ${program.name} for zsh: source it in ~/.zshrc, after compinit.
${withDescendants(program)
  .map((command) => functionText(program, command))
  .join('\n')}
if [ "$funcstack[1]" = "${name}" ]; then ${name} "$@"; else compdef ${name} ${program.name}; fi
`;
}

function functionText(program: CommandShape, command: CommandShape): string {
  const specs = [...command.options.map(specOfOption), ...specsOfArguments(command)].map(
    (spec) => `    ${quoted(spec)}`,
  );
  const isGroup = command.commands.length > 0;
  const all = [...specs, ...(isGroup ? ["    '1: :->command'", "    '*:: :->rest'"] : [])];
  const lines = [
    `${functionOf(program, command)}() {`,
    '  local context state state_descr line',
    '  typeset -A opt_args',
    `  _arguments -C \\\n${all.join(' \\\n')}`,
    ...(isGroup ? linesOfGroup(program, command) : []),
    '}',
  ];
  return lines.join('\n');
}

function linesOfGroup(program: CommandShape, command: CommandShape): string[] {
  const described = command.commands.map(
    ({ name, description }) => `        ${quoted(`${name}:${description}`)}`,
  );
  const calls = command.commands.map((each) => `        ${each.name}) ${functionOf(program, each)} ;;`);
  return [
    '  case $state in',
    '    command)',
    `      local -a commands=(\n${described.join('\n')}\n      )`,
    '      _describe -t commands command commands ;;',
    '    rest)',
    `      case $line[1] in\n${calls.join('\n')}\n      esac ;;`,
    '  esac',
  ];
}

function functionOf(program: CommandShape, { path }: CommandShape): string {
  return ['', program.name, ...path].join('_').replaceAll('-', '_');
}

function specOfOption({ flag, description, value, isRepeatable }: OptionShape): string {
  const what = description.replace(/[[\]\\]/g, '\\$&');
  const star = isRepeatable ? '*' : '';
  return `${star}${flag}[${what}]${value === undefined ? '' : `:value:${actionOf(value)}`}`;
}

function specsOfArguments({ arguments: all, commands }: CommandShape): string[] {
  if (commands.length > 0) return [];
  return all.map((argument, index) => specOfArgument(argument, index + 1));
}

function specOfArgument({ name, value, isVariadic }: ArgumentShape, position: number): string {
  return `${isVariadic ? '*' : position}:${name.replaceAll(':', '\\:')}:${actionOf(value)}`;
}

/** A key's file has an `@` before its name. */
function actionOf(value: ValueShape): string {
  if (value.kind === 'choice') return `(${value.choices.join(' ')})`;
  return value.kind === 'file' ? '{compset -P @; _files}' : ' ';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
