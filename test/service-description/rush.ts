import { type BackOff, waitOf } from '../../lib/service-description/security-description.ts';

/** What a BM-SC sees of UEs that all come back at one moment. */
export interface Rush {
  /** UEs whose request comes in each second, from the moment on. */
  readonly perSecond: readonly number[];
  /** UEs in the busiest second. */
  readonly busiest: number;
  /** UEs that wait at most for a service that takes so many a second, and how long the last has waited, s. */
  readonly queue: number;
  readonly longestWait: number;
}

/**
 * UEs wait as the product's do and then ask once, of a service that takes `capacity` of them a second and
 * keeps the others waiting.
 * @param random from 0 up to, without, 1
 */
export function simulateRush(
  ues: number,
  backOff: BackOff | undefined,
  capacity: number,
  random: () => number,
): Rush {
  const perSecond: number[] = [];
  for (let ue = 0; ue < ues; ue++) {
    const second = Math.floor(backOff === undefined ? 0 : waitOf(backOff, random()) / 1000);
    perSecond[second] = (perSecond[second] ?? 0) + 1;
  }
  const filled = Array.from(perSecond, (count) => count ?? 0);
  let [waiting, queue] = [0, 0];
  for (const count of filled) {
    waiting = Math.max(0, waiting + count - capacity);
    queue = Math.max(queue, waiting);
  }
  return { perSecond: filled, busiest: Math.max(...filled), queue, longestWait: Math.ceil(queue / capacity) };
}
