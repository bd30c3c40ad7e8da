import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

/** A programme of the plan. It begins with an MSK of its own. */
export interface Programme {
  /** Any text that no other programme has. */
  readonly id: string;
  /** 6 hexadecimal digits. */
  readonly keyDomainId: string;
  /** 4 hexadecimal digits. */
  readonly keyGroup: string;
  /** ISO 8601 */
  readonly startsAt: string;
}

/** Where the scheduler commands, and under which `source`. */
export interface Bus {
  readonly eventBridge: EventBridgeClient;
  readonly eventBusName: string;
  readonly source: string;
}

/** How long before a programme its MSK goes to the UEs. */
const AHEAD_MS = 15 * 60_000;

/**
 * The programme planner: has each programme begin with an MSK of its own, which UEs have before it starts.
 */
export class ContentScheduler {
  readonly #bus: Bus;
  readonly #aheadMs: number;
  /** Programmes that were asked for: the time that is left is part of a request, so it is made once. */
  readonly #asked = new Set<string>();

  constructor(bus: Bus, aheadMs = AHEAD_MS) {
    this.#bus = bus;
    this.#aheadMs = aheadMs;
  }

  /**
   * Asks for the rotation of each programme that starts soon: the BM-SC pushes the next MSK now, and puts it
   * into use when the programme starts. To be called once a minute, for instance. After a restart a programme
   * may be asked for again; the BM-SC then refuses the second request (`idempotency-key-reused`), and the
   * first one stands.
   * @returns the IDs of the programmes that were asked for
   */
  async askForRotations(programmes: readonly Programme[], now = Date.now()): Promise<string[]> {
    const due = programmes.filter(({ id, startsAt }) => {
      const wait = Date.parse(startsAt) - now;
      return wait > 0 && wait <= this.#aheadMs && !this.#asked.has(id);
    });
    // One by one: a boundary in time seldom has two.
    for (const programme of due) {
      await this.#put(rotationOf(programme, now));
      this.#asked.add(programme.id);
    }
    return due.map(({ id }) => id);
  }

  async #put(detail: object): Promise<void> {
    const { eventBridge, eventBusName, source } = this.#bus;
    const entry = {
      EventBusName: eventBusName,
      Source: source,
      DetailType: 'Rotate MSK',
      Detail: JSON.stringify(detail),
    };
    const answer = await eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
    if (answer.FailedEntryCount) throw new Error(`the bus refused: ${answer.Entries?.[0]?.ErrorCode}`);
  }
}

function rotationOf({ id, keyDomainId, keyGroup, startsAt }: Programme, now: number) {
  const metadata = {
    schemaVersion: '1.1',
    eventId: randomUUID(),
    correlationId: `programme/${id}`,
    idempotencyKey: `programme/${id}`,
    occurredAt: new Date(now).toISOString(),
  };
  const leadTimeSeconds = Math.round((Date.parse(startsAt) - now) / 1000);
  return { metadata, data: { keyDomainId, keyGroup, leadTimeSeconds } };
}

if (process.argv[1] === import.meta.filename) {
  const [file = 'programmes.json'] = process.argv.slice(2);
  const { EVENT_BUS_NAME: eventBusName = '', COMMAND_SOURCE: source = 'bmsc.keymanagement' } = process.env;
  const scheduler = new ContentScheduler({ eventBridge: new EventBridgeClient({}), eventBusName, source });
  for (;;) {
    const asked = await scheduler.askForRotations(JSON.parse(readFileSync(file, 'utf8')));
    if (asked.length > 0) console.log(`asked for the MSKs of ${asked.join(', ')}`);
    await setTimeout(60_000);
  }
}
