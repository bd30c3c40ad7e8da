import type { Argument, Command, Option } from 'commander';

/** What a shell can offer for a value: the names of files, one of some words, or nothing that it knows. */
export type ValueShape =
  | { readonly kind: 'file' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'unknown' };

/** An option as a shell completes it. */
export interface OptionShape {
  /** With its dashes, such as `--output`. */
  readonly flag: string;
  readonly description: string;
  /** Undefined: the option takes none. */
  readonly value: ValueShape | undefined;
  readonly isRepeatable: boolean;
}

/** A command as a shell completes it. */
export interface CommandShape {
  readonly name: string;
  /** The words after `bmsc` that lead to it; none for `bmsc` itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly CommandShape[];
  readonly options: readonly OptionShape[];
  readonly arguments: readonly ArgumentShape[];
}

/** A value that stands by itself. */
export interface ArgumentShape {
  readonly name: string;
  readonly value: ValueShape;
  readonly isVariadic: boolean;
}

const HELP: OptionShape = {
  flag: '--help',
  description: 'display help for command',
  value: undefined,
  isRepeatable: false,
};

/** The shape of a command with all that are below it. */
export function shapeOf(command: Command, path: readonly string[] = []): CommandShape {
  return {
    name: command.name(),
    path,
    description: command.description(),
    commands: command.commands.map((each) => shapeOf(each, [...path, each.name()])),
    options: [...command.options.filter(({ hidden }) => !hidden).flatMap(optionShapeOf), HELP],
    arguments: command.registeredArguments.map(argumentShapeOf),
  };
}

/** A command and all below it, itself first. */
export function withDescendants(command: CommandShape): readonly CommandShape[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}

function optionShapeOf({ long, description, flags, argChoices, required, optional }: Option): OptionShape[] {
  if (long === undefined || long === null) return [];
  const value = required || optional ? valueShapeOf(flags, argChoices) : undefined;
  return [{ flag: long, description, value, isRepeatable: /repeatable/.test(description) }];
}

function argumentShapeOf(argument: Argument): ArgumentShape {
  const name = argument.name();
  return { name, value: valueShapeOf(name, argument.argChoices), isVariadic: argument.variadic };
}

/** A value is a file where its name says so, as in `<file.csv>` and `<@file|->`. */
function valueShapeOf(name: string, choices: readonly string[] | undefined): ValueShape {
  if (choices !== undefined) return { kind: 'choice', choices };
  return { kind: /\bfile\b/.test(name) ? 'file' : 'unknown' };
}
