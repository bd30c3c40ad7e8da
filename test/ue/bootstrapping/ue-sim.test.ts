import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authenticationVectorOf, sqnOfAuts } from '../../../lib/gba/aka.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { nextSqn, UeSim } from '../../../lib/ue/bootstrapping/ue-sim.ts';

const keys = { k: new SecretKey(randomBytes(16)), opc: new SecretKey(randomBytes(16)) };
const amf = Uint8Array.of(0x80, 0);

/** The network's vector for an SQN. */
function vectorOf(sqn: number, of = keys) {
  return authenticationVectorOf(of, { rand: new Uint8Array(randomBytes(16)), sqn, amf });
}

function answerTo(sim: UeSim, sqn: number) {
  const { rand, autn } = vectorOf(sqn);
  const answer = sim.answer(rand, autn);
  if (answer.kind !== 'out-of-range') return answer.kind;
  return { outOfRange: sqnOfAuts(keys, rand, answer.auts) };
}

describe('a USIM', () => {
  test('answers with the RES and the Ks of the network', () => {
    const { rand, autn, xres, ks } = vectorOf(64);
    const answer = new UeSim(keys).answer(rand, autn);
    if (answer.kind !== 'authenticated') throw new Error(answer.kind);
    expect([answer.res.equals(xres), answer.ks.equals(ks)]).toEqual([true, true]);
  });

  // @clause TS 33.102 §6.3.3 s1
  test('refuses a challenge that is not from its home network', () => {
    const { rand, autn } = vectorOf(64, { ...keys, k: new SecretKey(randomBytes(16)) });
    expect(new UeSim(keys).answer(rand, autn)).toEqual({ kind: 'foreign' });
  });

  // @clause TS 33.102 §6.3.3 s2
  test('accepts no SQN twice, and says in AUTS which was the last', () => {
    const sim = new UeSim(keys);
    expect(answerTo(sim, 96)).toBe('authenticated');
    expect(answerTo(sim, 96)).toEqual({ outOfRange: 96 });
    expect(sim.sqn).toBe(96);
  });

  test('accepts a late challenge of another index, and no older one of the same', () => {
    const sim = new UeSim(keys);
    expect(answerTo(sim, 10 * 32 + 3)).toBe('authenticated');
    expect(answerTo(sim, 9 * 32 + 2)).toBe('authenticated');
    expect(answerTo(sim, 9 * 32 + 3)).toEqual({ outOfRange: 10 * 32 + 3 });
    expect(sim.sqn).toBe(10 * 32 + 3);
  });

  test('accepts a jump of 2^28, and none of one more', () => {
    expect(answerTo(new UeSim({ ...keys, sqn: 32 }), (2 ** 28 + 2) * 32)).toEqual({ outOfRange: 32 });
    expect(answerTo(new UeSim({ ...keys, sqn: 32 }), (2 ** 28 + 1) * 32)).toBe('authenticated');
  });

  // @clause TS 33.102 §6.3.2 s2
  test('accepts every SQN that its network counts up to, each once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 }), fc.integer({ min: 1, max: 70 }), (start, count) => {
        const sim = new UeSim({ ...keys, sqn: start });
        let sqn = start;
        for (let each = 0; each < count; each++) {
          sqn = nextSqn(sqn);
          expect(answerTo(sim, sqn)).toBe('authenticated');
        }
        expect(answerTo(sim, sqn)).toEqual({ outOfRange: sqn });
      }),
      { numRuns: 20 },
    );
  });

  test('needs an SQN of 48 bits', () => {
    expect(() => new UeSim({ ...keys, sqn: -1 })).toThrow(expect.objectContaining({ code: 'bad-sqn' }));
  });
});
