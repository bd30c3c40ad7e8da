import { randomUUID } from 'node:crypto';
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

/** The part of an event of the bus that customer care reads. */
export interface BusEvent {
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A subscriber who does not get an MSK, for people to look after. */
export interface Ticket {
  readonly impi: string;
  readonly mskId: string;
  /** As the BM-SC says it, such as `not-verified`. */
  readonly reason: string;
}

/** What customer care works with. */
export interface CareOptions {
  readonly eventBridge: EventBridgeClient;
  readonly eventBusName: string;
  readonly source: string;
  readonly openTicket: (ticket: Ticket) => Promise<void>;
}

interface Report {
  readonly metadata: { readonly correlationId: string };
  readonly data: {
    readonly pushId: string;
    readonly keyDomainId: string;
    readonly mskId: string;
    readonly kind?: string;
    readonly failed?: Readonly<Record<string, number>>;
    readonly ues?: readonly { readonly impi: string; readonly reason: string }[];
  };
}

/** Ends the ID of a push that is the second try of another one; so no state is kept. */
const SECOND_TRY = '/second-try';

/**
 * Customer care: a push that has given up UEs is tried once more, for these alone. UEs that the second try
 * has given up, too, get a ticket each. An event that comes twice asks for the same push, by its idempotency
 * key.
 */
export class Care {
  readonly #options: CareOptions;

  constructor(options: CareOptions) {
    this.#options = options;
  }

  /** The handler of `MSK Push Completed` and `MSK Delivery Failed`; passes over other events. */
  async handle({ 'detail-type': detailType, detail }: BusEvent): Promise<void> {
    // The contract says that the detail of these two has this form.
    const report = detail as unknown as Report;
    if (detailType === 'MSK Push Completed') await this.#tryAgain(report);
    if (detailType === 'MSK Delivery Failed') await this.#openTickets(report);
  }

  async #tryAgain({ metadata, data }: Report): Promise<void> {
    const { pushId, keyDomainId, mskId, failed = {}, kind } = data;
    const isReached = Object.values(failed).every((count) => count === 0);
    if (isReached || kind !== 'msk' || pushId.endsWith(SECOND_TRY)) return;
    const { eventBridge, eventBusName, source } = this.#options;
    const about = {
      schemaVersion: '1.1',
      eventId: randomUUID(),
      correlationId: metadata.correlationId,
      idempotencyKey: `${pushId}${SECOND_TRY}`,
      occurredAt: new Date().toISOString(),
    };
    const push = { keyDomainId, mskId, target: { undeliveredOf: pushId } };
    const entry = {
      EventBusName: eventBusName,
      Source: source,
      DetailType: 'Push MSK',
      Detail: JSON.stringify({ metadata: about, data: push }),
    };
    const answer = await eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
    if (answer.FailedEntryCount) throw new Error(`the bus refused the second try of ${pushId}`);
  }

  async #openTickets({ data: { pushId, mskId, ues = [] } }: Report): Promise<void> {
    if (!pushId.endsWith(SECOND_TRY)) return;
    for (const { impi, reason } of ues) await this.#options.openTicket({ impi, mskId, reason });
  }
}
