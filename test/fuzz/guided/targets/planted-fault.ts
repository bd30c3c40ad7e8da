import type { FuzzTarget } from '../fuzz-target.ts';

/** For the test of the fuzzer: random mutation finds this in one of 2^32 inputs. */
export const target: FuzzTarget = {
  files: ['test/fuzz/guided/targets/planted-fault.ts'],
  seeds: [new Uint8Array(4)],
  run: ([a, b, c, d]) => {
    if (a === 0x4d) if (b === 0x53) if (c === 0x4b) if (d === 0x21) throw new TypeError('found');
  },
  isExpected: () => false,
};
