import { expect } from 'vitest';
import type { Sender } from '../../functions/key-distribution/sender.ts';
import type { SecretKey } from '../../lib/keys/secret-key.ts';
import { chainsOf } from '../../lib/store/ledger/chains.ts';
import { loadPush } from '../../lib/store/ledger/push.ts';
import { loadTotals } from '../../lib/store/ledger/push-chain.ts';
import { loadPages } from '../../lib/store/ledger/push-page.ts';
import { type DistributingBmsc, startDistributingBmsc } from './bmsc.ts';
import { DOMAIN, NEWS, populate, provisionServices, SPORT } from './population.ts';
import { type JoinedUe, startUes, type TestUes } from './ues.ts';

/** UEs of a test: their number mod 3 says whether they have NEWS, SPORT, or both. */
export const UES = 600;

/** Event data of a push of the current MSK to all holders of the Key Group. */
export const PUSH_ALL = { keyDomainId: DOMAIN, mskId: '00100000', target: { allHolders: true as const } };

/** A BM-SC that distributes, and its UEs. */
export interface Pushing extends DistributingBmsc {
  readonly ues: TestUes;
  readonly joined: readonly JoinedUe[];
  readonly msk: SecretKey;
  /** UEs that answer nothing, by IMPI. */
  readonly asleep: Set<string>;
  /** Starts a sender that `reset` stops. */
  readonly start: (variables?: Record<string, string>, ownClock?: () => number) => Promise<Sender>;
  /** Stops the senders, wakes the UEs, and forgets their messages. */
  readonly reset: () => Promise<void>;
}

/** Starts one, with its UEs registered. */
export async function startPushing(): Promise<Pushing> {
  const bmsc = await startDistributingBmsc();
  const asleep = new Set<string>();
  const senders: Sender[] = [];
  const ues = await startUes({ answer: (octets, { impi }) => (asleep.has(impi) ? [] : [octets]) });
  const msk = await provisionServices(bmsc.store);
  const servicesOf = (index: number) => [[NEWS], [SPORT], [NEWS, SPORT]][index % 3] ?? [];
  const joined = ues.join(await populate(bmsc.store, UES, ues.address, { servicesOf }));
  const stop = async () => {
    for (const sender of senders.splice(0)) await sender.stop();
  };
  return {
    ...bmsc,
    ues,
    joined,
    msk,
    asleep,
    start: async (variables, ownClock) => {
      const sender = await bmsc.startSender(variables, ownClock);
      senders.push(sender);
      return sender;
    },
    reset: async () => {
      await stop();
      asleep.clear();
      for (const ue of joined) ue.messages.length = 0;
    },
    close: async () => {
      await stop();
      await ues.close();
      await bmsc.close();
    },
  };
}

/** Expects the event of a push's completion. */
export const completed = (bmsc: DistributingBmsc, pushId: string, timeout = 25_000) =>
  expect.poll(() => bmsc.eventsOf('MSK Push Completed', pushId)[0], { timeout, interval: 20 });

/** Expects the queues to be empty before long. */
export const expectEmptied = (bmsc: DistributingBmsc) =>
  expect.poll(() => bmsc.queued(), { timeout: 15_000 }).toEqual({ queue: 0, deadLetters: 0 });

/** MSK messages that a UE took. */
export const messagesTo = (ue: JoinedUe) => ue.messages.filter(({ kind }) => kind === 'msk').length;

/** UEs that took an MSK message. */
export const reached = ({ joined }: Pushing) => joined.filter((ue) => messagesTo(ue) > 0).length;

/**
 * What the ledger says of a push. Its pages and its counts must say the same, and each UE must stand there
 * once.
 */
export async function ledgerOf({ store }: DistributingBmsc, pushId: string) {
  const push = await loadPush(store, pushId);
  if (push === undefined) throw new Error('there is no such push');
  const verified: string[] = [];
  const failed: string[] = [];
  let pages = 0;
  for (let chain = 0; chain < chainsOf(push.source); chain++) {
    for (const { outcome } of await loadPages(store, pushId, chain, { limit: 1000 })) {
      pages += 1;
      verified.push(...(outcome?.verified ?? []));
      failed.push(...Object.values(outcome?.failed ?? {}).flat());
    }
  }
  const totals = await loadTotals(store, push);
  expect(totals.verified).toBe(verified.length);
  expect(Object.values(totals.failed).reduce((sum, count) => sum + count, 0)).toBe(failed.length);
  expect(new Set([...verified, ...failed]).size).toBe(verified.length + failed.length);
  return { verified, failed, pages };
}
