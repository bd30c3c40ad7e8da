import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the published data set. */
export const FOLDER = join(import.meta.dirname, '../../vectors');

/** A test as it stands in a file. */
export interface VectorTest {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly flags: readonly string[];
  readonly message?: string;
  readonly rule?: {
    readonly of: number;
    /** A member that is a text, in place of the octets of `message`. */
    readonly member?: string;
    readonly truncateTo?: Range;
    readonly flipBit?: Range;
  };
  readonly [member: string]: unknown;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

export interface VectorGroup {
  readonly type: string;
  readonly tests: readonly VectorTest[];
  readonly [member: string]: unknown;
}

export interface VectorFile {
  readonly numberOfTests: number;
  readonly testGroups: readonly VectorGroup[];
}

/** The files of the data set by their names. */
export function vectorFiles(): ReadonlyMap<string, VectorFile> {
  const names = readdirSync(FOLDER).filter(
    (name) => name.endsWith('.json') && !name.endsWith('.schema.json'),
  );
  return new Map(names.sort().map((name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))]));
}

/** The tests that a test stands for: itself, or what its rule makes of the message of another. */
export function inputsOf(test: VectorTest, { tests }: VectorGroup): VectorTest[] {
  const { rule } = test;
  if (rule === undefined) return [test];
  const base = tests.find(({ tcId }) => tcId === rule.of);
  const message = Buffer.from(base?.message ?? '', 'hex');
  const { truncateTo, flipBit, member } = rule;
  if (member !== undefined)
    return within(truncateTo ?? { from: 0, to: -1 }).map((length) => ({
      ...withoutOutputs(base),
      ...test,
      [member]: String(base?.[member]).slice(0, length),
    }));
  if (truncateTo !== undefined)
    return within(truncateTo).map((length) => ({
      ...test,
      message: message.subarray(0, length).toString('hex'),
    }));
  return within(flipBit ?? { from: 0, to: -1 }).map((bit) => ({ ...test, message: flipped(message, bit) }));
}

/** What a test has but what follows from it: where a member is cut, nothing follows. */
function withoutOutputs(base: VectorTest | undefined): Partial<VectorTest> {
  const outputs = ['items', 'xml', 'intermediate', 'session'];
  return Object.fromEntries(Object.entries(base ?? {}).filter(([name]) => !outputs.includes(name)));
}

function within({ from, to }: Range): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function flipped(message: Buffer, bit: number): string {
  const copy = Buffer.from(message);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
  return copy.toString('hex');
}
