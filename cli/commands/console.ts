import { createInterface } from 'node:readline';
import { type Command, Option } from 'commander';
import { parsePort } from '../arguments.ts';
import { routesOf } from '../console/api.ts';
import { ConsoleServer } from '../console/server.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';

interface ConsoleOptions extends CommandOptions {
  readonly port: number;
  readonly readOnly?: boolean;
}

/** `bmsc console`: a page on loopback that shows and drives a BM-SC with the credentials of this command. */
export function addConsoleCommand(program: Command): void {
  const command = program
    .command('console')
    .description('serve a page on this machine that shows the BM-SC and drives it, until Ctrl-C')
    .addOption(new Option('--port <port>', 'of 127.0.0.1; 0: any free one').argParser(parsePort).default(0))
    .option('--read-only', 'show everything, and change nothing')
    .action(serve);
  command.addHelpText('after', '\nThe link that it prints opens one session; Enter prints a new one.');
  withExamples(withStack(command), 'console --read-only --local');
}

async function serve(options: ConsoleOptions): Promise<void> {
  const bmsc = await findBmsc(options);
  const isReadOnly = options.readOnly === true;
  const endpoint = options.endpointUrl ?? (options.local === true ? 'npm start' : undefined);
  const routes = routesOf(bmsc, { endpoint, isReadOnly });
  const served = await ConsoleServer.listen(routes, { port: options.port, isReadOnly });
  // Before anybody knows the link: Ctrl-C at any time closes the server.
  const ended = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const print = createPrint(options.json);
  const printLink = () => {
    const url = served.newLink();
    print(`the console, open once in a browser: ${url}`, { url });
  };
  printLink();
  const isTerminal = process.stdin.isTTY === true;
  if (isTerminal) print('Enter prints a new link, Ctrl-C ends it.', {});
  const terminal = isTerminal ? createInterface({ input: process.stdin }).on('line', printLink) : undefined;
  await ended;
  terminal?.close();
  await served.close();
}
