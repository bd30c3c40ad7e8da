import { DiameterError } from '../errors.ts';

/** Seconds from the epoch of NTP, 1900-01-01, to that of Unix. */
const NTP_TO_UNIX_S = 2_208_988_800;

const TIME_RANGE_S = 2 ** 32;

/** The lowest number with the top bit set: a lower one is of the era that starts 2036-02-07 06:28:16. */
const ERA_1_BELOW = 2 ** 31;

/**
 * The instant of a Time AVP, in ms since the epoch of Unix: seconds since 1900 in 32 bits, which wrap in 2036
 * (RFC 6733 §4.3.1). A number without the top bit is of the next era (RFC 2030 §3): from 1968 to 2104.
 */
export function timeFromNtp(seconds: number): number {
  return (seconds - NTP_TO_UNIX_S + (seconds < ERA_1_BELOW ? TIME_RANGE_S : 0)) * 1000;
}

/**
 * The number of a Time AVP for an instant in ms since the epoch of Unix; parts of a second are cut off.
 * @throws DiameterError `bad-value` outside 1968 to 2104
 */
export function ntpFromTime(time: number, field: string): number {
  const seconds = Math.floor(time / 1000) + NTP_TO_UNIX_S;
  if (!(seconds >= ERA_1_BELOW && seconds < TIME_RANGE_S + ERA_1_BELOW))
    throw new DiameterError('bad-value', { field });
  return seconds % TIME_RANGE_S;
}
