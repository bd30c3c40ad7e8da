/** When the sender sends an MSK message again that no verification message answers. */
export interface RetransmissionSettings {
  /** Messages to one UE in all, the first included; 1 or more. */
  readonly tries: number;
  /** The wait after the first message, in ms; it doubles with each further one. */
  readonly firstMs: number;
}

/**
 * Each wait is shortened or lengthened at random by up to this share, so that messages that were lost
 * together are not repeated together.
 */
export const JITTER = 0.2;

/**
 * The wait for an answer to message number `tried`, from 1, in ms. `random` is from 0 to below 1. Neither RFC
 * 3830 nor the parts of TS 33.246 that we have give a timer.
 */
export function waitAfter({ firstMs }: RetransmissionSettings, tried: number, random: number): number {
  return firstMs * 2 ** (tried - 1) * (1 - JITTER + 2 * JITTER * random);
}

/** The longest time that the sender waits for one UE, in ms. */
export function longestWait({ tries, firstMs }: RetransmissionSettings): number {
  return firstMs * (2 ** tries - 1) * (1 + JITTER);
}
