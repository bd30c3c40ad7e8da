import type { PushModel, SimulatedPush } from './model.ts';
import { BILLED_CHUNK, PRICES } from './prices.ts';

/** Sizes and counts that a push is billed by. */
export interface BillingModel {
  /** Octets of the items. */
  readonly registrationItem: number;
  readonly associationItem: number;
  /** Octets of a page's result beside those of each undelivered UE in it. */
  readonly resultItem: number;
  readonly resultPerUndelivered: number;
  /** Further writes for each page, of 1 KiB: progress. */
  readonly furtherWrites: number;
  /** Requests to SQS for each page: to send, receive, delete, keep. */
  readonly queueRequestsPerPage: number;
  /** Octets that one UE takes in an event of outcomes, and UEs in one event. */
  readonly eventPerUe: number;
  readonly uesPerEvent: number;
  /** Octets of a MIKEY message with its IP and UDP headers. */
  readonly messageOctets: number;
  /** Octets of log for each UE, and for each page. */
  readonly logPerUe: number;
  readonly logPerPage: number;
  readonly vcpu: number;
  readonly memoryGb: number;
}

/** US dollars. */
export interface Cost {
  readonly fargate: number;
  readonly dynamodb: number;
  readonly sqs: number;
  readonly eventBridge: number;
  readonly transfer: number;
  readonly logs: number;
  readonly total: number;
}

/** What a push costs: only what it takes itself, not what stands there anyway. */
export function costOf(model: PushModel, billing: BillingModel, push: SimulatedPush): Cost {
  const { pages } = push;
  const hours = push.seconds / 3600;
  // A query reads eventually consistent, a batch of associations strongly: half a unit and one for each 4 KiB.
  const queried = pages * Math.ceil((model.pageSize * billing.registrationItem) / 4096) * 0.5;
  const read = model.ues * Math.ceil(billing.associationItem / 4096);
  const undeliveredPerPage = push.undelivered / pages;
  const resultUnits = Math.ceil(
    (billing.resultItem + undeliveredPerPage * billing.resultPerUndelivered) / 1024,
  );
  const events = model.ues / billing.uesPerEvent;
  const chunks = Math.ceil((billing.uesPerEvent * billing.eventPerUe) / BILLED_CHUNK);
  const parts = {
    fargate:
      model.tasks * hours * (billing.vcpu * PRICES.fargateVcpuHour + billing.memoryGb * PRICES.fargateGbHour),
    dynamodb:
      (queried + read) * PRICES.dynamodbReadUnit +
      pages * (resultUnits + billing.furtherWrites) * PRICES.dynamodbWriteUnit,
    sqs: pages * billing.queueRequestsPerPage * PRICES.sqsRequest,
    eventBridge: events * chunks * PRICES.eventBridgeEvent,
    transfer: (push.messages * billing.messageOctets * PRICES.transferOutGb) / 1e9,
    logs: ((model.ues * billing.logPerUe + pages * billing.logPerPage) * PRICES.logsGb) / 1e9,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}
