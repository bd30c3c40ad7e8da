import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { countCallsOfPage } from './calls-of-page.ts';
import { type Cuts, drawPlan } from './plan.ts';
import { optionsOf, shrink } from './shrink.ts';
import { type Result, simulate } from './simulate.ts';
import { warmUp } from './warm-up.ts';

const USAGE = `Runs the deployed code in virtual time, in a world that misbehaves as the seed says.

  npm run simulate-faults -- [--seeds <number> [--first <seed>]] [--seconds <number>] [--failed] [--json]
  npm run simulate-faults -- --seed <seed> [--ues <number>] [--without-faults <names>] [--without-acts <numbers>]
                             [--trace] [--shrink] [--json]

--seeds: so many seeds from --first on, by default from a random one.
--seconds: seeds until this time is over. --failed: the seeds that ever failed, before any other.
--until-failure: no seed after the first that fails.
--seed: one seed, cut down by the next three options. --trace: every line of what happened.
--calls-of-page: what one page of a push takes of AWS, for the model of \`npm run simulate\`.
--shrink: looks for a smaller run that still fails. Each failing seed prints the command that replays it.
`;

/** Taken before time is virtual. */
const startedAt = process.hrtime.bigint();
const secondsSoFar = () => Number(process.hrtime.bigint() - startedAt) / 1e9;

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string' },
    first: { type: 'string' },
    seconds: { type: 'string' },
    failed: { type: 'boolean', default: false },
    'calls-of-page': { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
    seed: { type: 'string' },
    ues: { type: 'string' },
    'without-faults': { type: 'string' },
    'without-acts': { type: 'string' },
    trace: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const numbers = [options.seeds, options.first, options.seconds, options.seed, options.ues];
if (options.help || numbers.some((text) => text !== undefined && !/^\d+$/.test(text))) {
  (options.help ? process.stdout : process.stderr).write(USAGE);
  process.exit(options.help ? 0 : 2);
}

const cuts: Cuts = {
  ues: options.ues === undefined ? undefined : Number(options.ues),
  withoutFaults: listOf(options['without-faults']),
  withoutActs: listOf(options['without-acts']).map(Number),
};
const sums = { seeds: 0, pushes: 0, deliveries: 0, calls: 0, datagrams: 0, simulatedMs: 0 };
const failures: { seed: number; findings: readonly string[]; replay: string }[] = [];
const hashes: string[] = [];
const injected = new Map<string, number>();
let longestHealingMs = 0;
/** Not `randomInt` later: then it is the simulation's. */
const first = Number(options.first ?? randomInt(2 ** 31));

await warmUp();
if (options['calls-of-page']) {
  process.stdout.write(`${JSON.stringify(await countCallsOfPage(), null, 2)}\n`);
  process.exit(0);
}
for (const seed of seedsOf()) {
  await run(seed);
  if (options['until-failure'] && failures.length > 0) break;
}
const seconds = secondsSoFar();
const report = {
  ok: failures.length === 0,
  first,
  ...sums,
  seconds: Math.round(seconds),
  cpuSeconds: Math.round(cpuSeconds()),
  pushesACpuMinute: Math.round((sums.pushes / cpuSeconds()) * 60),
  simulatedHours: Number((sums.simulatedMs / 3_600_000).toFixed(2)),
  longestHealingSeconds: Math.round(longestHealingMs / 1000),
  injected: Object.fromEntries([...injected].sort(([one], [other]) => (one < other ? -1 : 1))),
  ...(hashes.length === 1 ? { hash: hashes[0] } : {}),
  failures,
};
process.stdout.write(`${JSON.stringify(report, null, options.json ? undefined : 2)}\n`);
process.exit(failures.length === 0 ? 0 : 1);

/** A machine that others use, too, runs this process for a part of the time. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function* seedsOf(): Generator<number> {
  if (options.seed !== undefined) return yield Number(options.seed);
  if (options.failed) yield* failedSeeds();
  const most = Number(options.seeds ?? (options.seconds === undefined && !options.failed ? 10 : 0));
  for (let index = 0; index < most; index++) yield first + index;
  const end = Number(options.seconds ?? 0);
  for (let index = most; secondsSoFar() < end; index++) yield first + index;
}

async function run(seed: number): Promise<void> {
  const result = await simulate(drawPlan(seed, cuts), { keepsLines: options.trace });
  if (result.lines !== undefined) process.stdout.write(`${result.lines.join('\n')}\n`);
  add(result);
  hashes.push(result.hash);
  if (result.findings.length === 0) return;
  const smallest = options.shrink ? await shrink(seed, cuts) : cuts;
  const replay = `npm run simulate-faults -- ${optionsOf(seed, smallest)} --trace`;
  failures.push({ seed, findings: [...new Set(result.findings)].slice(0, 10), replay });
  process.stderr.write(`seed ${seed} failed: ${result.findings[0]}\n  ${replay}\n`);
}

function add(result: Result): void {
  sums.seeds += 1;
  sums.pushes += result.pushes;
  sums.deliveries += result.deliveries;
  sums.calls += result.calls;
  sums.datagrams += result.datagrams;
  sums.simulatedMs += Math.round(result.simulatedMs);
  longestHealingMs = Math.max(longestHealingMs, Math.round(result.healedMs));
  for (const [fault, times] of result.injected) injected.set(fault, (injected.get(fault) ?? 0) + times);
}

function failedSeeds(): number[] {
  const text = readFileSync(join(import.meta.dirname, 'failed-seeds.json'), 'utf8');
  return v
    .parse(v.array(v.object({ seed: v.number(), why: v.string() })), JSON.parse(text))
    .map(({ seed }) => seed);
}

function listOf(text = ''): string[] {
  return text.split(',').filter((each) => each !== '');
}
