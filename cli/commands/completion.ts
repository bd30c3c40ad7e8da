import { Argument, type Command } from 'commander';
import { bashCompletion } from '../completion/bash.ts';
import { type CommandShape, shapeOf } from '../completion/command-shape.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { withExamples, withOutput } from '../options.ts';
import { createPrint } from '../output.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `bmsc completion`: a script for the shell, made from the commands as they are. */
export function addCompletionCommand(program: Command): void {
  const completion = program
    .command('completion')
    .description('the script by which a shell completes commands, options and their values')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(SHELLS)))
    .action((shell: string, { json }: { readonly json?: boolean }) => {
      const script = scriptFor(shell, shapeOf(program));
      createPrint(json)(script.trimEnd(), { shell, script });
    });
  withOutput(completion);
  withExamples(
    completion,
    'completion bash >> ~/.bashrc',
    'completion zsh > ~/.zsh/functions/_bmsc',
    'completion fish > ~/.config/fish/completions/bmsc.fish',
  );
}

function scriptFor(shell: string, program: CommandShape): string {
  const [, script = bashCompletion] = Object.entries(SHELLS).find(([name]) => name === shell) ?? [];
  return script(program);
}
