import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import { type DeadLetter, eachDeadLetter, redriveLetter } from '../../lib/inventory/dead-letters.ts';
import { CliError, EXIT, UsageError } from '../errors.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { type DeployedBmsc, findBmsc } from '../stack.ts';

interface RedriveOptions extends CommandOptions {
  readonly list?: boolean;
  readonly discard?: string;
  readonly yes?: boolean;
}

/** `bmsc redrive`: tries dead letters again, once their cause is mended. */
export function addRedriveCommand(program: Command): void {
  const command = program
    .command('redrive')
    .description('give dead letters, of the queue and of the rules, back to be tried again')
    .option('--list', 'only say what they are')
    .addOption(new Option('--discard <id>', 'delete the one with this message ID').conflicts('list'))
    .option('--yes', 'discard without asking')
    .action(redrive);
  withExamples(withStack(command), 'redrive --list --local', 'redrive --discard <id> --yes --local');
}

async function redrive(options: RedriveOptions): Promise<void> {
  const bmsc = await findBmsc(options);
  if (options.discard !== undefined) return discard(bmsc, options.discard, options);
  const print = createPrint(options.json);
  let count = 0;
  await eachDeadLetter(bmsc.queues, async (letter) => {
    count += 1;
    if (options.list !== true) await redriveLetter(bmsc, letter);
    print(`${options.list ? 'dead letter' : 'redriven'}: ${lineOf(letter)}`, fieldsOf(letter));
    return options.list === true ? 'keep' : 'delete';
  });
  print(`${count} dead letter(s)${options.list ? '' : ' given back'}`, { count });
}

async function discard(bmsc: DeployedBmsc, id: string, options: RedriveOptions): Promise<void> {
  let isFound = false;
  await eachDeadLetter(bmsc.queues, async (letter) => {
    if (letter.id !== id) return 'keep';
    isFound = true;
    if (options.yes !== true && !(await isConfirmed(`discard ${lineOf(letter)}?`))) {
      process.exitCode = EXIT.failed;
      return 'keep';
    }
    createPrint(options.json)(`discarded: ${lineOf(letter)}`, fieldsOf(letter));
    return 'delete';
  });
  if (!isFound) throw new CliError(`there is no dead letter ${id}`);
}

/** @throws CliError where nobody can be asked */
async function isConfirmed(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) throw new UsageError('nobody is at a terminal to be asked: give --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

const NOT_AN_EVENT = 'not an event';

function lineOf({ id, detailType, sentAt, receiveCount, reason, message }: DeadLetter): string {
  const refusal = [reason, message].filter((part) => part !== undefined).join(': ');
  const received = `received ${receiveCount} times`;
  return [id, detailType ?? NOT_AN_EVENT, sentAt, received, refusal].filter((part) => part !== '').join('  ');
}

function fieldsOf({ body: _, detailType, ...fields }: DeadLetter) {
  return { ...fields, detailType: detailType ?? NOT_AN_EVENT };
}
