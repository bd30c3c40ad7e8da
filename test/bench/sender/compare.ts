import type { Contender, Mode, Timing } from './processes.ts';

/** A row of the comparison. */
export interface Row {
  readonly mode: Mode;
  readonly name: string;
  /** Median of the rounds, in ns of CPU for each message. */
  readonly ns: number;
  /** Median of the rounds' own ratios of speed; 1 is the C program's, or the straightforward version's. */
  readonly ofLimit: number;
  readonly ofStraightforward: number;
}

/** Who takes part, and as what. */
export interface Entry {
  readonly name: string;
  readonly contender: Contender;
  readonly means: string;
  readonly modes: readonly Mode[];
  /** Messages in a round; the slow ones have fewer. */
  readonly messages: number;
}

const BATCH = 256;
/** A sender runs for days: what its first seconds take for compiling is not what is asked. */
const WARM_UP_TURNS = 6;
/** UEs of a page: half of those of a deployed one, for the inputs have no more. */
export const PAGE_UES = 2000;
/** What is compared with build and send. */
const OF_PATH: readonly Mode[] = ['load', 'whole'];
export const LIMIT = 'C, sendmmsg';
export const STRAIGHTFORWARD = 'node:crypto, dgram';

/** All contenders in turn, `rounds` times after one that warms up; each round has its own ratios. */
export async function compare(
  entries: readonly Entry[],
  rounds: number,
  progress: (what: string) => void,
): Promise<Row[]> {
  const timings = new Map<string, Timing[]>();
  for (let round = 0; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`);
    for (const { name, contender, means, modes, messages } of entries) {
      for (const mode of modes) {
        const batch = OF_PATH.includes(mode) ? PAGE_UES : BATCH;
        const time = () => contender.time(mode, batch, Math.ceil(messages / batch), means);
        const key = `${mode} ${name}`;
        if (round > 0) timings.set(key, [...(timings.get(key) ?? []), await time()]);
        else for (let turn = 0; turn < WARM_UP_TURNS; turn++) await time();
      }
    }
  }
  const nsOf = (mode: Mode, name: string) =>
    (timings.get(`${mode} ${name}`) ?? []).map(({ nsPerMessage }) => nsPerMessage);
  const ratio = (mode: Mode, name: string, to: string) => {
    const base = nsOf(OF_PATH.includes(mode) ? 'both' : mode, to);
    return median(nsOf(mode, name).map((ns, round) => (base[round] ?? Number.NaN) / ns));
  };
  return entries.flatMap(({ name, modes }) =>
    modes.map((mode) => ({
      mode,
      name,
      ns: median(nsOf(mode, name)),
      ofLimit: ratio(mode, name, LIMIT),
      ofStraightforward: ratio(mode, name, STRAIGHTFORWARD),
    })),
  );
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
