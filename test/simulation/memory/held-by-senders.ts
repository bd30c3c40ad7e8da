import { pass, passUntil } from '../calm/pushes.ts';
import type { Run } from '../simulate.ts';
import { octetsInUse } from './octets-in-use.ts';

/** A sender without work holds at most so many octets: its clients of AWS, and what it knows of UEs. */
export const MAX_HELD = 6_000_000;
const STOP_WITHIN_MS = 60_000;
/** No timer that a sender has set is later. */
const FORGOTTEN_MS = 3_600_000;

/**
 * Octets that all senders of a run hold: those that are in use with them, and no more when they have stopped.
 * They are stopped for it.
 */
export async function heldBySenders(run: Run): Promise<number> {
  const { senders, world } = run;
  const before = await octetsInUse();
  world.asWorld(() => senders.scale(0));
  await passUntil(run, () => senders.count === 0, STOP_WITHIN_MS);
  await pass(run, FORGOTTEN_MS);
  return before - (await octetsInUse());
}

/** Senders without work hold no more than what is bounded, whatever went wrong before. They are stopped. */
export async function checkHeld(run: Run): Promise<void> {
  const { senders, world } = run;
  const { count } = senders;
  const each = Math.round((await heldBySenders(run)) / count);
  world.count('octets that a sender without work holds', each);
  if (each > MAX_HELD) world.fail(`${count} senders without work hold ${each} octets each`);
}
