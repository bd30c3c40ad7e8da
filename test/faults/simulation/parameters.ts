import CALLS_OF_PAGE from './calls-of-page.json' with { type: 'json' };
import type { BillingModel } from './cost.ts';
import type { PushModel } from './model.ts';

/** UEs of the pushes that are stated, and tasks that share one. */
export const PUSHES = [1e6, 1e7, 1e8];
export const TASKS = [1, 4, 16, 64, 256];

/**
 * The sender as it is deployed by default, on half a processor that takes 0.08 ms for a verified UE when it
 * is whole, as the slowest machine did that a whole delivery was measured on, with 64 shards, and UEs on a
 * radio network: 2 % of them out of reach, 2 % of datagrams lost each way. Times of AWS are assumed, rather
 * long.
 */
export const DEPLOYED: Omit<PushModel, 'ues' | 'tasks'> = {
  shards: 64,
  pageSize: 4000,
  enoughSeconds: 4,
  maxUnderWay: 500_000,
  rate: 5000,
  messageMs: 0.16,
  pageMs: 12,
  receiveMs: 15,
  queryMs: 25,
  sendMs: 15,
  writeMs: 15,
  roundTripMs: 400,
  loss: 0.02,
  outOfReach: 0.02,
  waitsMs: [2000, 4000, 8000, 16_000],
};

/**
 * What it is billed by: sizes of items and messages as they are, with subscribers and services of usual
 * names.
 */
export const BILLING: BillingModel = {
  registrationItem: 380,
  pageItem: 250,
  perUeOfPage: 5,
  chainItem: 300,
  perPageOfChain: 5,
  callsOfPage: CALLS_OF_PAGE,
  queueRequestsOfDeferral: 3,
  messageOctets: 165 + 28,
  vcpu: 0.5,
  memoryGb: 1,
};
