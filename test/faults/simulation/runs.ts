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

/** Below 4000 UEs one chain has all shards. */
const FEW: Partial<PushModel> = { shards: 1, queryMs: 160 };

/** A fifth is lost of datagrams of which a fifth comes twice: 16.8 % each way do not come at all. */
const LOSSY: Partial<PushModel> = { rate: 2000, loss: 0.2 * 0.8 + 0.2 * 0.2 ** 2, outOfReach: 0.01 };

/** Runs as they were, with the senders' figures. */
export const RUNS: readonly Run[] = [
  { scenario: '1-senders', ues: 1000, tasks: 1, seconds: 0.8, changes: FEW },
  { scenario: '1-senders', ues: 10_000, tasks: 1, seconds: 6.0, changes: {} },
  { scenario: '1-senders', ues: 100_000, tasks: 1, seconds: 57.5, changes: {} },
  { scenario: 'lossy-network', ues: 10_000, tasks: 2, seconds: 37.3, changes: LOSSY },
];

/** The model of that machine: its times are those of an earlier run with 10 000 UEs and one sender. */
export const LOCAL: Omit<PushModel, 'ues' | 'tasks'> = {
  shards: 64,
  pageSize: 500,
  enoughSeconds: 4,
  maxUnderWay: 100_000,
  rate: 1800,
  messageMs: 0.33,
  pageMs: 1,
  receiveMs: 5,
  queryMs: 16,
  sendMs: 4,
  writeMs: 33,
  roundTripMs: 5,
  loss: 0,
  outOfReach: 0,
  waitsMs: [2000, 4000, 8000, 16_000],
};
