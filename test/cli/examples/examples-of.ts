import type { Command } from 'commander';

/** A command and all commands below it. */
export function withCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withCommands)];
}

/** What `--help` prints. */
export function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return help;
}

/** The examples in a help, each as a person copies it. */
export function examplesIn(help: string): readonly string[] {
  const [, after = ''] = /^Examples?:\n([\s\S]*)/m.exec(help) ?? [];
  return after
    .split('\n')
    .filter((line) => line.startsWith('  bmsc '))
    .map((line) => line.trim());
}
