/** When an MSK message that no verification message answers is sent again. */
export interface RetransmissionSettings {
  /** Messages to one UE in all, the first included; 1 or more. */
  readonly tries: number;
  /** Silence after the first message, in ms; it doubles with each further one. */
  readonly firstMs: number;
}

/** Each wait is shortened or lengthened at random by up to this share, so that those who were lost together do not return together. */
export const JITTER = 0.2;

/**
 * How long to wait for an answer to message number `tried`, from 1, in ms. `random` is from 0 to below 1.
 * Neither RFC 3830 nor what we have of TS 33.246 gives a timer.
 */
export function waitAfter({ firstMs }: RetransmissionSettings, tried: number, random: number): number {
  return firstMs * 2 ** (tried - 1) * (1 - JITTER + 2 * JITTER * random);
}

/** The longest that a UE is waited for, in ms. */
export function longestWait({ tries, firstMs }: RetransmissionSettings): number {
  return firstMs * (2 ** tries - 1) * (1 + JITTER);
}
