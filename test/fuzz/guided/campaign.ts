import { octetsOf } from './fuzz-target.ts';
import type { InstrumentedTarget } from './instrumented.ts';
import { mutate, type Random } from './mutation.ts';

/** The result of a campaign against one decoder. */
export interface CampaignResult {
  readonly inputs: number;
  /** Inputs that the decoder refused with its typed error. */
  readonly refused: number;
  /** Inputs kept because they reached new code. */
  readonly corpus: number;
  /**
   * Statements, functions and arms of branches of the decoder's files that were reached, and how many there
   * are.
   */
  readonly covered: number;
  readonly total: number;
}

/**
 * Feeds a decoder mutated inputs. An input that reaches a statement or an arm of a branch for the first time
 * is kept, and mutated further. The same seed gives the same inputs.
 * @throws Error with the input in hexadecimal when the decoder throws anything but its typed error
 */
export function runCampaign(
  { target, coverage }: InstrumentedTarget,
  inputs: number,
  random: Random,
): CampaignResult {
  const tokens = (target.tokens ?? []).map((token) => (typeof token === 'string' ? octetsOf(token) : token));
  const corpus: Uint8Array[] = [...target.seeds];
  let refused = 0;
  const attempt = (input: Uint8Array) => {
    try {
      target.run(input);
    } catch (cause) {
      if (!target.isExpected(cause))
        throw new Error(`an error that is not typed, for the input ${Buffer.from(input).toString('hex')}`, {
          cause,
        });
      refused += 1;
    }
    return coverage.update();
  };
  for (const seed of target.seeds) attempt(seed);
  for (let tried = target.seeds.length; tried < inputs; tried++) {
    // Half of the time one of the last finds, because they lead further.
    const isLate = corpus.length > 8 && random(2) === 0;
    const from = isLate ? corpus.length - 1 - random(8) : random(corpus.length);
    const parent = corpus[from] ?? octetsOf('');
    const mutated = mutate(parent, corpus[random(corpus.length)] ?? parent, tokens, random);
    const input = target.repair !== undefined && random(8) !== 0 ? target.repair(mutated) : mutated;
    if (attempt(input)) corpus.push(input);
  }
  const { covered, total } = coverage;
  return { inputs, refused, corpus: corpus.length, covered, total };
}
