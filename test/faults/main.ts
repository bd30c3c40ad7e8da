import { parseArgs } from 'node:util';
import { EARLIER_RELEASE, SMALL, startHarness } from './harness.ts';
import type { Scenario, ScenarioResult } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const USAGE = `Runs the faults that delivery must stand on the local parts: all on loopback.

  npm run faults -- [--ues <number>] [--only <scenario>]… [--seed <number>] [--small] [--json]

--small: 200 UEs, few ends of senders, short waits, as CI runs it.

Scenarios:
${SCENARIOS.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join('\n')}
`;

const { values: options } = parseArgs({
  options: {
    ues: { type: 'string' },
    small: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const unknown = options.only.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
const count = Number(options.ues ?? (options.small ? 200 : 10_000));
const seed = Number(options.seed ?? Date.now() % 2 ** 31);
if (unknown.length > 0 || !Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
  process.stderr.write(unknown.length > 0 ? `there is no scenario "${unknown[0]}"\n\n${USAGE}` : USAGE);
  process.exit(2);
}

/** Shows one line, which the next overwrites, on a terminal. */
const progress = (what: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
};
const say = (text: string) => {
  progress('');
  if (!options.json) process.stdout.write(`${text}\n`);
};

const chosen = SCENARIOS.filter(({ name, isLarge }) =>
  options.only.length === 0 ? !(options.small && isLarge) : options.only.includes(name),
);
say(`${count} UEs, seed ${seed}`);
const harness = await startHarness({
  ues: count,
  seed,
  progress,
  ...EARLIER_RELEASE,
  ...(options.small ? SMALL : {}),
});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
const results: { scenario: Scenario; result: ScenarioResult }[] = [];
try {
  for (const scenario of chosen) {
    await harness.reset();
    const result = await scenario.run(harness);
    results.push({ scenario, result });
    say(readable(scenario, result));
  }
} finally {
  await harness.close();
}
const hasFailed = results.some(({ result }) => !isOk(result));
if (options.json) {
  const scenarios = results.map(({ scenario: { name, about }, result }) => ({
    name,
    about,
    ok: isOk(result),
    ...result,
  }));
  process.stdout.write(`${JSON.stringify({ ues: count, seed, ok: !hasFailed, scenarios })}\n`);
}
if (hasFailed) process.stderr.write(`the senders' log: ${harness.logFile}\n`);
process.exit(hasFailed ? 1 : 0);

function isOk({ checks }: ScenarioResult): boolean {
  return checks.every(({ ok }) => ok);
}

function readable({ name, about }: Scenario, result: ScenarioResult): string {
  const figures = Object.entries(result.figures).map(([what, value]) => `${what} ${value}`);
  return [
    `${isOk(result) ? 'ok    ' : 'FAILED'} ${name}: ${about}`,
    `       ${figures.join(', ')}`,
    ...result.checks.filter(({ ok }) => !ok).map(({ what, found }) => `       not so: ${what}: ${found}`),
  ].join('\n');
}
