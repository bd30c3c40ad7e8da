import type { PushModel } from './model.ts';

/**
 * A push that was run on one machine: all on loopback, two processors for senders, UEs and the stand-in for
 * AWS.
 */
export interface Run {
  /** The scenario of `npm run faults`. */
  readonly scenario: string;
  readonly ues: number;
  readonly tasks: number;
  readonly seconds: number;
  /** How it differs from `LOCAL`. */
  readonly changes: Partial<PushModel>;
}

/** How many chains of pages the pushes had, as `startPush` makes them for so many UEs. */
const ONE_CHAIN: Partial<PushModel> = { shards: 1 };
const EIGHT_CHAINS: Partial<PushModel> = { shards: 8 };

/** A fifth is lost of datagrams of which a fifth comes twice: 16.8 % each way do not come at all. */
const LOSSY: Partial<PushModel> = {
  ...ONE_CHAIN,
  rate: 2000,
  loss: 0.2 * 0.8 + 0.2 * 0.2 ** 2,
  outOfReach: 0.01,
};

/** Runs as they were, with the senders' figures. */
export const RUNS: readonly Run[] = [
  { scenario: '1-senders', ues: 1000, tasks: 1, seconds: 1.2, changes: ONE_CHAIN },
  { scenario: '1-senders', ues: 10_000, tasks: 1, seconds: 6.4, changes: ONE_CHAIN },
  { scenario: '1-senders', ues: 100_000, tasks: 1, seconds: 57.3, changes: EIGHT_CHAINS },
  { scenario: 'lossy-network', ues: 10_000, tasks: 2, seconds: 36.9, changes: LOSSY },
];

/**
 * The model of that machine: its times are those of the run with 10 000 UEs and one sender. The queries are
 * what is left of its time when pace, receiving, enqueuing and writing are taken off.
 */
export const LOCAL: Omit<PushModel, 'ues' | 'tasks'> = {
  shards: 1,
  pageSize: 4000,
  enoughSeconds: 4,
  maxUnderWay: 500_000,
  rate: 1800,
  messageMs: 0.15,
  pageMs: 12,
  receiveMs: 340,
  queryMs: 500,
  sendMs: 29,
  writeMs: 15,
  roundTripMs: 5,
  loss: 0,
  outOfReach: 0,
  waitsMs: [2000, 4000, 8000, 16_000],
};
