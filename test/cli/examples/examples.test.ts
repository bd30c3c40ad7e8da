import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProgram } from '../../../cli/program.ts';
import { ROOT, start } from '../run.ts';
import { ExamplesBed } from './bed.ts';
import { examplesIn, helpOf, withCommands } from './examples-of.ts';

// Every example of every `--help` is run, as it is written.

/** How an example runs. */
interface Step {
  /** How the example begins, after `bmsc`. */
  readonly begins: string;
  /** The exit code that docs/operations.md has for this; undefined: 0. */
  readonly code?: number;
  /** What it has printed when Ctrl-C ends it: it waits for ever, or longer than a test. */
  readonly until?: RegExp;
  readonly prints?: RegExp;
  /** How another example begins that is run once more before. */
  readonly after?: string;
}

/** A UE has an MSK, and waits for others. */
const HAS_KEY = /MAC good[\s\S]*listening for MIKEY|listening for MIKEY[\s\S]*MAC good/;

/** The examples in the order of a service's life: what one needs, one before has made. */
const STEPS: readonly Step[] = [
  ...['bash', 'zsh', 'fish'].map((shell) => ({ begins: `completion ${shell}` })),
  { begins: 'profile learn request.xml' },
  { begins: 'profile learn register.http', prints: /"serviceId": "service"|"item": "service"/ },
  { begins: 'profile learn -', prints: /"root": "keyReq"/ },
  { begins: 'profile check', prints: /^request\.xml: mskRequest of 1: 00f110\/00010000$/m },
  { begins: 'profile show', prints: /"root": "mbmsMSKRequest"/ },
  { begins: 'provision service' },
  { begins: 'import services', prints: /^2 of 2 rows imported/ },
  { begins: 'provision msk' },
  { begins: 'import subscribers subscribers.csv', prints: /^2 of 2 rows imported/ },
  { begins: 'import subscribers -', prints: /^1 of 1 rows would be imported/ },
  { begins: 'import subscriptions', prints: /^1 of 1 rows imported/ },
  { begins: 'import associations', prints: /^1 of 1 rows imported/ },
  { begins: 'provision subscription' },
  { begins: 'provision association' },
  {
    begins: 'ue run --service urn:example:news --url http://127.0.0.1:8080/keymanagement --sim',
    until: HAS_KEY,
  },
  { begins: 'ue run', until: HAS_KEY },
  { begins: 'conformance --url', prints: /\d{2} pass, 0 fail/ },
  { begins: 'conformance --bsf', prints: /\d{2} pass, 0 fail/ },
  { begins: 'conformance --ue', until: /waiting for a UE at http/ },
  { begins: 'ue register', prints: /^urn:example:news: 200 registered$/m },
  { begins: 'ue request', prints: /MAC good/ },
  { begins: 'rotate data-key', prints: /^data key 2 / },
  { begins: 'rotate 001-01', prints: /^asked to rotate/ },
  { begins: 'list data-keys', prints: /opens older keys/ },
  { begins: 'list services', prints: /urn:example:sports/ },
  { begins: 'list key-groups', prints: /00010001 current, 00010002 prepared/ },
  { begins: 'list registrations', prints: /fve4iTWb1rTb297CzVSrpw==@bsf\.home1\.net +127\.0\.0\.1 \d+/ },
  { begins: 'list subscribers', prints: /a@home1\.net/ },
  { begins: 'list pushes' },
  { begins: 'list holders', prints: /sent|verified|pending|not-verified/ },
  { begins: 'activate', prints: /^asked to activate/ },
  { begins: 'push 001-01 00010002 --ue', prints: /^asked to push/ },
  // UEs of the examples before have been switched off: the push waits for them.
  { begins: 'push 001-01 00010000 --key-group', until: /\] +\d+ %/ },
  { begins: 'solicit 001-01 0001 --ue', prints: /^asked to solicit/ },
  { begins: 'solicit 001-01 0001 --service', until: /\] +\d+ %/ },
  { begins: 'show push', until: /\] +\d+ %/ },
  { begins: 'cancel push', prints: /is cancelled/ },
  { begins: 'push cancel', after: 'solicit 001-01 0001 --service', prints: /is cancelled/ },
  { begins: 'revoke', prints: /^asked to revoke/ },
  { begins: 'ue deregister', prints: /200 deregistered/ },
  { begins: 'smoke', prints: / 0 fault\(s\)/ },
  { begins: 'set schedule' },
  { begins: 'show schedule', prints: /rate\(7 days\)/ },
  { begins: 'list schedules', prints: /rate\(7 days\)/ },
  { begins: 'show key-group', prints: /^rotated rate\(7 days\)$/m },
  { begins: 'show service', prints: /UE\(s\) registered/ },
  { begins: 'describe urn:example:news --period', prints: /randomTimePeriod="600"/ },
  { begins: 'describe urn:example:news --format', prints: /^wrote news.json$/m },
  { begins: 'show subscriber', prints: /can be sent MSKs|current/ },
  { begins: 'delete association', prints: /is deleted\n$/ },
  { begins: 'block subscriber', prints: /is blocked/ },
  { begins: 'unblock subscriber', prints: /may bootstrap/ },
  { begins: 'import msk', prints: /^asked to import MSK 00030001/ },
  { begins: 'import blocks', prints: /^1 of 1 rows imported/ },
  { begins: 'export keys', prints: /^ey[\w-]+(\.[\w-]*){4}\n$/ },
  { begins: 'export mbs-context', prints: /^mbs-context\.json has MSK 0001/ },
  { begins: 'export blocks' },
  { begins: 'export services' },
  { begins: 'export subscribers' },
  { begins: 'export subscriptions' },
  { begins: 'list dead-letters', prints: /^1 dead letter/m },
  { begins: 'redrive --list', prints: /^1 dead letter/m },
  { begins: 'status', code: 3, prints: /^dead letters +1 of the queue/m },
  { begins: 'redrive --discard', prints: /^discarded/ },
  { begins: 'console', until: /open once in a browser: http/ },
  { begins: 'sender', until: /sends from udp 127/ },
  { begins: 'traffic', until: /sending MTKs/ },
  { begins: 'delete schedule' },
  { begins: 'delete registration' },
  { begins: 'delete subscription' },
  { begins: 'delete subscriber' },
  { begins: 'delete key-group' },
  { begins: 'delete service' },
];

/** Commands that end by Ctrl-C, with 0; others are killed by it. */
const ENDS_WELL = /^(ue run|console|sender|traffic)/;

const EXAMPLES = [
  ...new Set(withCommands(createProgram()).flatMap((command) => examplesIn(helpOf(command)))),
];
const SMOKE = join(ROOT, 'cli/smoke/main.ts');
const indexOf = (example: string) => STEPS.findIndex(({ begins }) => example.startsWith(`bmsc ${begins}`));

let bed: ExamplesBed;
let deadLetter = '';
/** Of the solicitation that takes long. */
let pushId = '';
beforeAll(async () => {
  bed = await ExamplesBed.start();
  deadLetter = await bed.deadLetter();
}, 120_000);
afterAll(() => bed?.close());

test('each example has its place here, and each place its example', () => {
  expect(EXAMPLES.filter((example) => indexOf(example) < 0)).toEqual([]);
  const used = new Set(EXAMPLES.map(indexOf));
  expect(STEPS.filter((_, index) => !used.has(index))).toEqual([]);
});

/** Runs an example as its step says. */
async function runStep(example: string): Promise<void> {
  const { begins = '', code, until, prints = /(?:)/ } = STEPS[indexOf(example)] ?? {};
  const line = example.replace('5f0c6c1e-0c5c-4a52-9d4b-0d3f3a1d2b7e', pushId).replace('<id>', deadLetter);
  const done = await bed.run(line, until);
  pushId = /: push (\S+)$/m.exec(done.stdout)?.[1] ?? pushId;
  const isShowing = until !== undefined && !ENDS_WELL.test(begins);
  expect(done, done.stderr).toMatchObject({
    code: isShowing ? null : (code ?? 0),
    isInterrupted: until !== undefined,
    stdout: expect.stringMatching(prints),
  });
}

test.each(EXAMPLES.toSorted((one, other) => indexOf(one) - indexOf(other)))(
  '%s',
  async (example) => {
    const { after } = STEPS[indexOf(example)] ?? {};
    const before = EXAMPLES.find((each) => after !== undefined && each.startsWith(`bmsc ${after}`));
    if (before !== undefined) await runStep(before);
    await runStep(example);
  },
  120_000,
);

test('the example of npm run smoke finds no fault', async () => {
  const { stdout: help } = await start(process.execPath, [SMOKE, '--help']).finished;
  const [, example = ''] = /^ {2}npm run smoke -- (.*)$/m.exec(help) ?? [];
  const args = example.replace(/https:\S+/, bed.system.keyManagementUrl).split(' ');
  const { code, stdout } = await start(process.execPath, [SMOKE, ...args]).finished;
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(' 0 fault(s)') });
});
