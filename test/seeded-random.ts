/** Random numbers that depend on a seed only, so that a failed run can be repeated. */
export interface SeededRandom {
  /** At least 0, less than 1. */
  readonly next: () => number;
  /** True with this probability. */
  readonly happens: (probability: number) => boolean;
  /** A whole number from 0, less than `below`. */
  readonly whole: (below: number) => number;
  /** Octets; not for keys. */
  readonly octets: (length: number) => Uint8Array;
}

/** The generator mulberry32: small and fast, and not for cryptography. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number) => Math.floor(next() * below);
  return {
    next,
    happens: (probability) => probability > 0 && next() < probability,
    whole,
    octets: (length) => Uint8Array.from({ length }, () => whole(256)),
  };
}
