import type { PushModel } from './model.ts';

/** A push that was run on one machine: all on loopback, two processors for senders, UEs and the stand-in for AWS. */
export interface Run {
  readonly ues: number;
  readonly tasks: number;
  readonly seconds: number;
}

/** Runs of `npm run faults -- --only 1-senders --ues <number>`. */
export const RUNS: readonly Run[] = [];

/** The model of that machine; its times are those of the run with 10 000 UEs. */
export const LOCAL: Omit<PushModel, 'ues' | 'tasks'> = {
  shards: 64,
  pageSize: 500,
  enoughSeconds: 4,
  maxUnderWay: 100_000,
  rate: 2000,
  messageMs: 0.5,
  pageMs: 10,
  receiveMs: 5,
  queryMs: 5,
  sendMs: 5,
  readMs: 40,
  writeMs: 5,
  roundTripMs: 10,
  loss: 0,
  outOfReach: 0,
  waitsMs: [2000, 4000, 8000, 16_000],
};
