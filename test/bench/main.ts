import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureColdStart } from './cold-start.ts';
import { measureLambdaRequest } from './lambda/request.ts';
import { writeReport } from './report.ts';
import { measureSender, OURS, type SenderMeasured, WHOLE_PATH } from './sender/measure.ts';
import { measureWholeDelivery } from './sender/whole-delivery.ts';
import { wholeDeliverySection, withSection } from './whole-delivery-section.ts';

/**
 * `npm run bench`: measures the sender and the Lambda, writes docs/benchmarks, prints a table, or JSON with
 * `--json`. `--only whole-delivery` measures that alone, and writes its section of the page with `--write`;
 * `--other <folder>` has the sender of another checkout take turns in it.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    'delivery-rounds': { type: 'string', default: '3' },
    'delivery-ues': { type: 'string', default: '30000' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    other: { type: 'string' },
  },
});
const progress = (what: string) => void process.stderr.write(`${what}\n`);

const wholeDelivery = await measureWholeDelivery({
  ues: Number(values['delivery-ues']),
  rounds: Number(values['delivery-rounds']),
  progress,
  otherMain: values.other && resolve(values.other, 'functions/key-distribution/main.ts'),
});
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.version,
};
const folder = join(import.meta.dirname, '../../docs/benchmarks');
if (values.only === 'whole-delivery') {
  const section = wholeDeliverySection(machine, wholeDelivery);
  const page = join(folder, 'README.md');
  if (values.write) writeFileSync(page, withSection(readFileSync(page, 'utf8'), section));
  process.stdout.write(values.json ? `${JSON.stringify({ wholeDelivery }, null, 2)}\n` : section);
  process.exit(0);
}
const sender = await measureSender(Number(values.rounds), progress);
const lambda = {
  request: await measureLambdaRequest(progress),
  coldStart: await measureColdStart(progress),
};
const result = { machine, wholeDelivery, ...summaryOf(sender), growth: sender.growth, lambda };
mkdirSync(folder, { recursive: true });
const files = writeReport(machine, sender, lambda, wholeDelivery);
for (const [name, content] of files) writeFileSync(join(folder, name), content);
process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : (files.get('README.md') ?? ''));

/** The ratios that count: 1 is as fast. */
function summaryOf({ rows, allocated }: SenderMeasured) {
  const row = (mode: string, name = OURS) => rows.find((each) => each.mode === mode && each.name === name);
  const ratios = (mode: string, name = OURS) => {
    const { ns = Number.NaN, ofLimit = Number.NaN, ofStraightforward = Number.NaN } = row(mode, name) ?? {};
    return { ofLimit, ofStraightforward, nsPerMessage: ns };
  };
  const both = ratios('both');
  const whole = ratios('whole', WHOLE_PATH);
  return {
    build: ratios('build'),
    send: ratios('send'),
    buildAndSend: { ...both, allocatedPerMessage: allocated.both },
    buildAndSendByDgram: ratios('both', 'WebAssembly SIMD, dgram'),
    wholePath: {
      ofBuildAndSend: both.nsPerMessage / whole.nsPerMessage,
      ofLimit: whole.ofLimit,
      nsPerMessage: whole.nsPerMessage,
      loadNsPerMessage: ratios('load', WHOLE_PATH).nsPerMessage,
      allocatedPerMessage: allocated.whole,
    },
  };
}
