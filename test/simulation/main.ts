import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { countCallsOfPage } from './calls-of-page.ts';
import { DRILLS } from './calm/drills.ts';
import { FAULTS } from './faults.ts';
import { commandOf, runSeed, type SeedOutcome } from './many/seed-outcome.ts';
import { Sums } from './many/sums.ts';
import { runInWorkers } from './many/workers.ts';
import { LONG, measureSenders } from './memory/memory-of-senders.ts';
import { type Cuts, countActs } from './plan.ts';
import { runAlone } from './virtual/scheduler.ts';
import { warmUp } from './warm-up.ts';

const USAGE = `Runs the deployed code in virtual time, in a world that misbehaves as the seed says.

  npm run simulate-faults -- [--seeds <number>] [--seconds <number>] [--pushes <number>] [--first <seed>]
                             [--failed] [--until-failure] [--workers <number>] [--hashes] [--shrink] [--json]
  npm run simulate-faults -- --memory [--first <seed>] [--seeds <number>] [--pushes <number>]
  npm run simulate-faults -- --seed <seed> [--ues <number>] [--without-drills <names>] [--without-rest]
                             [--without-faults <names>] [--without-acts <numbers>] [--trace] [--shrink] [--json]
  <names> and <numbers> are lists with commas, or \`all\`.

--seeds: so many seeds from --first on, by default from a random one.
--seconds: seeds until this time is over. --pushes: seeds until they had so many pushes.
--failed: the seeds that ever failed, before any other.
--until-failure: no seed after the first that fails.
--workers: so many processes run seeds at the same time. --hashes: that of each seed.
--seed: one seed, cut down by the next five options. --trace: every line of what happened.
--memory: what senders hold after 20 and --pushes pushes, 220 by default, and after the faults of --seeds seeds.
--calls-of-page: what one page of a push takes of AWS, for the model of \`npm run simulate\`.
--shrink: looks for a smaller run that still fails. Each failing seed prints the command that replays it.
SIGINT and SIGTERM end a run with the seeds that have begun; the report's \`next\` is the \`--first\` that goes on.
`;
const PROGRESS_EVERY_S = 60;

/** Taken before time is virtual. */
const startedAt = process.hrtime.bigint();
const secondsSoFar = () => Number(process.hrtime.bigint() - startedAt) / 1e9;

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string' },
    first: { type: 'string' },
    seconds: { type: 'string' },
    pushes: { type: 'string' },
    workers: { type: 'string', default: '1' },
    failed: { type: 'boolean', default: false },
    'calls-of-page': { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
    seed: { type: 'string' },
    ues: { type: 'string' },
    'without-drills': { type: 'string' },
    'without-rest': { type: 'boolean', default: false },
    'without-faults': { type: 'string' },
    'without-acts': { type: 'string' },
    trace: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    hashes: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const { seeds, seconds, pushes, workers } = options;
const numbers = [seeds, options.first, seconds, pushes, workers, options.seed, options.ues];
if (options.help || numbers.some((text) => text !== undefined && !/^\d+$/.test(text))) {
  (options.help ? process.stdout : process.stderr).write(USAGE);
  process.exit(options.help ? 0 : 2);
}

const cuts: Cuts = {
  ues: options.ues === undefined ? undefined : Number(options.ues),
  withoutDrills: listOf(options['without-drills'], () => Object.keys(DRILLS)),
  isWithoutRest: options['without-rest'],
  withoutFaults: listOf(options['without-faults'], () => FAULTS),
  withoutActs: listOf(options['without-acts'], () => [...Array(countActs(Number(options.seed))).keys()]).map(
    Number,
  ),
};
runAlone();
const sums = new Sums();
let reportedAt = 0;
/** Not `randomInt` later: then it is the simulation's. */
const first = Number(options.first ?? randomInt(2 ** 31));
let next = first;
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    isInterrupted = true;
    warn(`${signal}: no more seeds are begun`);
  });

if (options.memory) {
  await warmUp();
  const memory = await measureSenders(first, Number(seeds ?? 5), Number(pushes ?? LONG));
  process.stdout.write(`${JSON.stringify(memory, null, 2)}\n`);
  process.exit(memory.ok ? 0 : 1);
}
if (options['calls-of-page']) {
  await warmUp();
  process.stdout.write(`${JSON.stringify(await countCallsOfPage(), null, 2)}\n`);
  process.exit(0);
}
if (Number(workers) > 1 && options.seed === undefined) await runInProcesses();
else await runHere();
const report = sums.report({ first, next }, secondsSoFar(), options.hashes);
const text = `${JSON.stringify(report, null, options.json ? undefined : 2)}\n`;
// A long trace before it may still wait for who reads it.
process.stdout.write(text, () => process.exit(sums.failures === 0 ? 0 : 1));

async function runHere(): Promise<void> {
  await warmUp();
  const onLines = options.trace ? (lines: readonly string[]) => print(lines) : undefined;
  for (const seed of seedsOf()) add(0, await runSeed(seed, cuts, { onLines, shrinks: options.shrink }));
}

async function runInProcesses(): Promise<void> {
  await runInWorkers(Number(workers), seedsOf(), options.shrink, {
    onOutcome: add,
    onLost: (seed, why) => {
      sums.addFailure(seed, why, commandOf(seed));
      warn(`seed ${seed}: ${why}\n  ${commandOf(seed)}`);
    },
  });
}

function* seedsOf(): Generator<number> {
  if (options.seed !== undefined) return yield Number(options.seed);
  for (const seed of endlessSeeds()) {
    if (isInterrupted || (options['until-failure'] && sums.failures > 0)) return;
    yield seed;
  }
}

function* endlessSeeds(): Generator<number> {
  if (options.failed) yield* failedSeeds();
  const isBounded = seconds !== undefined || pushes !== undefined || options.failed;
  const most = Number(seeds ?? (isBounded ? 0 : 10));
  for (; next < first + most; next++) yield next;
  const [end, enough] = [Number(seconds ?? 0), Number(pushes ?? 0)];
  for (; secondsSoFar() < end || sums.pushes < enough; next++) yield next;
}

function add(process: number, outcome: SeedOutcome): void {
  sums.add(process, outcome);
  const { seed, findings, replay } = outcome;
  if (replay !== undefined) warn(`seed ${seed} failed: ${findings[0]}\n  ${replay}`);
  if (secondsSoFar() < reportedAt + PROGRESS_EVERY_S) return;
  reportedAt = secondsSoFar();
  warn(sums.progress(reportedAt));
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function failedSeeds(): number[] {
  const text = readFileSync(join(import.meta.dirname, 'failed-seeds.json'), 'utf8');
  return v
    .parse(v.array(v.object({ seed: v.number(), why: v.string() })), JSON.parse(text))
    .map(({ seed }) => seed);
}

/** A list with commas, or `all`. */
function listOf<T>(text = '', all: () => readonly T[]): readonly (T | string)[] {
  return text === 'all' ? all() : text.split(',').filter((each) => each !== '');
}
