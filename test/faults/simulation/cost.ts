import { MAX_UES_PER_EVENT } from '../../../lib/events/contracts.ts';
import { PRICES } from '../../bench/cost/prices.ts';
import type { CallsOfPage } from '../../simulation/calls-of-page.ts';
import type { PushModel, SimulatedPush } from './model.ts';

/** Sizes and counts that a push is billed by. */
export interface BillingModel {
  /** Octets of the item of a registration with its copy of the association. */
  readonly registrationItem: number;
  /** Octets of a page's item beside its UEs, and for each of them. */
  readonly pageItem: number;
  readonly perUeOfPage: number;
  /** Octets of a chain's item beside its pages, and for each of them. */
  readonly chainItem: number;
  readonly perPageOfChain: number;
  /** What a page takes of AWS: counted in the simulation of faults, which runs the sender itself. */
  readonly callsOfPage: CallsOfPage;
  /** Requests to SQS for each time that a page is put back. */
  readonly queueRequestsOfDeferral: number;
  /** Octets of an MSK message with its IP and UDP headers. */
  readonly messageOctets: number;
  readonly vcpu: number;
  readonly memoryGb: number;
}

/** US dollars. */
export interface Cost {
  readonly fargate: number;
  readonly dynamodb: number;
  readonly sqs: number;
  readonly eventBridge: number;
  readonly dataOut: number;
  readonly total: number;
}

const READ_UNIT = 4096;
const WRITE_UNIT = 1024;

/** What a push costs: only what it takes itself, not what stands there anyway, and no logs. */
export function costOf(model: PushModel, billing: BillingModel, push: SimulatedPush): Cost {
  const { pages } = push;
  const hours = push.seconds / 3600;
  const uesPerPage = model.ues / pages;
  // A page with a UE out of reach has one; the smallest pages of the simulation have none.
  const notes = Math.max(1, billing.callsOfPage.notes);
  const { reads, claims, outcomes, counts, queueRequests, events } = billing.callsOfPage;
  // The simulation's pages are small: of these, each event after the first lists so many UEs at most.
  const furtherEvents = Math.ceil(uesPerPage / MAX_UES_PER_EVENT) - 1;
  // All strongly consistent: a page's registrations, and its Key Group.
  const readUnits = pages * (Math.ceil((uesPerPage * billing.registrationItem) / READ_UNIT) + reads);
  const pageUnits = Math.ceil((billing.pageItem + uesPerPage * billing.perUeOfPage) / WRITE_UNIT);
  // A chain's item has grown half on the average.
  const chainOctets = billing.chainItem + ((pages / model.shards) * billing.perPageOfChain) / 2;
  // The claim, who has confirmed while the rest is waited for, the outcome, the counts.
  const chainUnits = Math.ceil(chainOctets / WRITE_UNIT);
  const writeUnits = pages * (claims + (notes + outcomes) * pageUnits + counts * chainUnits);
  const parts = {
    fargate:
      model.tasks * hours * (billing.vcpu * PRICES.fargateVcpuHour + billing.memoryGb * PRICES.fargateGbHour),
    dynamodb: (readUnits * PRICES.readUnits + writeUnits * PRICES.writeUnits) / 1e6,
    sqs:
      ((pages * queueRequests + push.deferrals * billing.queueRequestsOfDeferral) * PRICES.queueRequests) /
      1e6,
    eventBridge: (pages * (events + furtherEvents) * PRICES.events) / 1e6,
    dataOut: (push.messages * billing.messageOctets * PRICES.dataOut) / 1e9,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}
