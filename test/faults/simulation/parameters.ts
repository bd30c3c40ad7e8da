import type { BillingModel } from './cost.ts';
import type { PushModel } from './model.ts';

/** UEs of the pushes that are stated, and tasks that share one. */
export const PUSHES = [1e6, 1e7, 1e8];
export const TASKS = [1, 4, 16, 64, 256];

/** The sender as it is deployed by default, with UEs on a radio network. */
export const DEPLOYED: Omit<PushModel, 'ues' | 'tasks'> = {
  shards: 64,
  pageSize: 500,
  enoughSeconds: 4,
  maxUnderWay: 100_000,
  rate: 2000,
  messageMs: 0.5,
  pageMs: 10,
  receiveMs: 15,
  queryMs: 15,
  sendMs: 15,
  readMs: 40,
  writeMs: 15,
  roundTripMs: 400,
  loss: 0.02,
  outOfReach: 0.02,
  waitsMs: [2000, 4000, 8000, 16_000],
};

/** What it is billed by. */
export const BILLING: BillingModel = {
  registrationItem: 200,
  associationItem: 900,
  resultItem: 2000,
  resultPerUndelivered: 30,
  furtherWrites: 2,
  queueRequestsPerPage: 4,
  eventPerUe: 40,
  uesPerEvent: 500,
  messageOctets: 250,
  logPerUe: 0,
  logPerPage: 500,
  vcpu: 0.5,
  memoryGb: 1,
};
