import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, type Entry, LIMIT, PAGE_UES, type Row, STRAIGHTFORWARD } from './compare.ts';
import { type Growth, measureGrowth } from './growth.ts';
import { makeInputs, writeInputs } from './inputs.ts';
import { type Contender, compileLimit, startLimit, startOurs } from './processes.ts';

/** All that is measured of the sender. */
export interface SenderMeasured {
  /** What the C program builds with: `sha-ni`, or `openssl` where the processor has no such instructions. */
  readonly limit: string;
  /** Octets of a message on average. */
  readonly messageLength: number;
  readonly rows: readonly Row[];
  /** Octets of the JavaScript heap that one message takes, most of them for a moment. */
  readonly allocated: { readonly both: number; readonly whole: number };
  readonly growth: Growth;
}

/** Ours as it is deployed. */
export const OURS = 'WebAssembly SIMD, sendmmsg';
const MESSAGES = 32_768;
const FEW_MESSAGES = 2048;
const PATH_MESSAGES = 16_000;
export const WHOLE_PATH = 'whole path';

/** Runs every contender in turn; each checks each of its datagrams. Takes a few minutes. */
export async function measureSender(
  rounds: number,
  progress: (what: string) => void,
): Promise<SenderMeasured> {
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-bench-'));
  const running: Contender[] = [];
  const started = async (contender: Promise<Contender>) => {
    running.push(await contender);
    return contender;
  };
  try {
    const { recipients, expected } = makeInputs();
    const inputs = join(folder, 'inputs');
    writeInputs(inputs, recipients, expected);
    const c = await started(startLimit(compileLimit(folder), inputs));
    // Each in its own process: what one leaves behind does not weigh on another.
    const entry = async (name: string, means: string, modes: Entry['modes'], messages = MESSAGES) => ({
      name,
      contender: await started(startOurs()),
      means,
      modes,
      messages,
    });
    const entries: Entry[] = [
      { name: LIMIT, contender: c, means: 'fastest', modes: ['build', 'send', 'both'], messages: MESSAGES },
      {
        name: 'C, OpenSSL, sendto',
        contender: c,
        means: 'openssl',
        modes: ['build', 'send', 'both'],
        messages: MESSAGES,
      },
      await entry(STRAIGHTFORWARD, 'plain+dgram', ['build', 'send', 'both'], FEW_MESSAGES),
      await entry('WebAssembly SIMD, dgram', 'lanes+dgram', ['both']),
      await entry(OURS, 'lanes+sendmmsg', ['build', 'send', 'both']),
      await entry(WHOLE_PATH, 'lanes+sendmmsg', ['load', 'whole'], PATH_MESSAGES),
    ];
    const rows = await compare(entries, rounds, progress);
    const heapOf = async (mode: 'both' | 'whole', of: string) => {
      const { contender, means } = entries.find(({ name }) => name === of) as Entry;
      return (await contender.time(`heap-${mode}`, PAGE_UES, PATH_MESSAGES / PAGE_UES, means)).nsPerMessage;
    };
    const allocated = { both: await heapOf('both', OURS), whole: await heapOf('whole', WHOLE_PATH) };
    const growth = await measureGrowth(await started(startOurs()), progress);
    return { limit: c.says, messageLength: expected.octets.length / expected.count, rows, allocated, growth };
  } finally {
    for (const contender of running) contender.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
