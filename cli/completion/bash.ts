import { type CommandShape, type OptionShape, withDescendants } from './command-shape.ts';

/** A script that completes a program in bash, from version 3.2 on. */
export function bashCompletion(program: CommandShape): string {
  const commands = withDescendants(program);
  const paths = commands.filter(({ path }) => path.length > 0).map(patternOf);
  return `# Completion of ${program.name} for bash: source it in ~/.bashrc.
_${program.name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local at='' index options='' words='' files=''
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$at \${COMP_WORDS[index]}" in
      ${paths.join('|')}) at="$at \${COMP_WORDS[index]}" ;;
    esac
  done
  COMPREPLY=()
  if [[ $previous == '@' ]]; then
    compopt -o default 2>/dev/null
    return
  fi
  case "$at $previous" in
${commands.flatMap(casesOfValues).join('\n')}
  esac
  case "$at" in
${commands.map(caseOfCommand).join('\n')}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    [[ -n $files ]] && compopt -o default 2>/dev/null
  fi
}
complete -F _${program.name} ${program.name}
`;
}

function patternOf({ path }: CommandShape): string {
  return quoted(path.map((word) => ` ${word}`).join(''));
}

/** What follows an option that takes a value. */
function casesOfValues(command: CommandShape): string[] {
  const at = command.path.map((word) => ` ${word}`).join('');
  const patternsOf = (kind: string) =>
    command.options
      .filter(({ value }) => value?.kind === kind)
      .map(({ flag }) => quoted(`${at} ${flag}`))
      .join('|');
  const [files, unknown] = [patternsOf('file'), patternsOf('unknown')];
  return [
    ...command.options.flatMap((option) => caseOfChoices(at, option)),
    ...(files === '' ? [] : [`    ${files}) compopt -o default 2>/dev/null; return ;;`]),
    ...(unknown === '' ? [] : [`    ${unknown}) return ;;`]),
  ];
}

function caseOfChoices(at: string, { flag, value }: OptionShape): string[] {
  if (value?.kind !== 'choice') return [];
  const words = quoted(value.choices.join(' '));
  const reply = `COMPREPLY=($(compgen -W ${words} -- "$current"))`;
  return [`    ${quoted(`${at} ${flag}`)}) ${reply}; return ;;`];
}

function caseOfCommand(command: CommandShape): string {
  const choices = command.arguments.flatMap(({ value }) => (value.kind === 'choice' ? value.choices : []));
  const words = [...command.commands.map(({ name }) => name), ...choices];
  const hasFiles = command.arguments.some(({ value }) => value.kind === 'file');
  const options = quoted(command.options.map(({ flag }) => flag).join(' '));
  const sets = `options=${options} words=${quoted(words.join(' '))} files=${quoted(hasFiles ? 'yes' : '')}`;
  return `    ${patternOf(command)}) ${sets} ;;`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
