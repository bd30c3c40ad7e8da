import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { hostAndPort } from '../../../lib/address/host-and-port.ts';
import type { KeyIdentification } from '../../../lib/key-management/payload/msk-request.ts';
import { parseSeconds, parseServiceIds } from '../../arguments.ts';
import { withExamples } from '../../options.ts';
import { type UeOptions, withUe, withUeExample, withUeOptions } from './options.ts';
import { MSK_OPTION, printMskAnswer } from './request.ts';
import { printRegistered } from './service-answer.ts';

/** The longest that a timer waits, in seconds. */
const MAX_SECONDS = 2 ** 31 / 1000 - 1;

/** `bmsc ue run` */
export function addRunCommand(ue: Command): void {
  const command = ue
    .command('run')
    .description('register, ask, then listen and answer pushes and solicited pulls until Ctrl-C');
  withUeOptions(command)
    .option('--service <id>', 'User Service to register to; repeatable', parseServiceIds)
    .option(...MSK_OPTION)
    .option('--for <seconds>', 'stop after this many seconds', parseSeconds)
    .action(run);
  withUeExample(command, 'run --service urn:example:news');
  const bsf = '--sim sim.json --bsf http://127.0.0.1:8088/';
  withExamples(command, `ue run --service urn:example:news --url http://127.0.0.1:8080/keymanagement ${bsf}`);
}

interface RunOptions extends UeOptions {
  readonly service?: string[];
  readonly msk?: KeyIdentification[];
  readonly for?: number;
}

function run(options: RunOptions): Promise<void> {
  return withUe(options, async (ue, print) => {
    if (options.service !== undefined) printRegistered(print, await ue.register(options.service));
    for (const answer of options.msk === undefined ? [] : await ue.requestMsks(options.msk))
      printMskAnswer(print, answer);
    const ended = interruptOr((options.for ?? MAX_SECONDS) * 1000);
    print(`listening for MIKEY on ${hostAndPort(ue.address)}`, { listening: ue.address });
    await ended;
  });
}

/** Waits for Ctrl-C or SIGTERM, at most for `ms`. */
async function interruptOr(ms: number): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  await delay(ms, undefined, { signal: stop.signal }).catch(() => {});
}
