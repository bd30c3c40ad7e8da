import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { isCommand } from './catalogue.ts';
import { EVENT_SOURCE } from './contracts.ts';
import type { OutgoingEvent } from './envelope.ts';
import { EventError } from './errors.ts';

/** The bus that events are published on. */
export interface EventBus {
  readonly eventBridge: EventBridgeClient;
  readonly eventBusName: string;
  /** `source` of the commands that are published; by default that of facts. */
  readonly commandSource?: string | undefined;
  /** Names the trace that events belong to that are published now, where there is one. */
  readonly traceHeader?: (() => string | undefined) | undefined;
}

/** PutEvents accepts at most ten entries in a call, of 256 KiB in all. */
const MAX_ENTRIES = 10;
const MAX_OCTETS = 256 * 1024;
/** An upper bound of the octets of an entry beside its detail. */
const ENTRY_OCTETS = 512;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 50;

/**
 * Publishes events in order. It makes three attempts in all for entries that the bus refuses.
 * @throws EventError `not-published` with the number of refused entries and the bus's reason; or the SDK's
 * errors
 */
export async function publishEvents(bus: EventBus, events: readonly OutgoingEvent[]): Promise<void> {
  let entries: PutEventsRequestEntry[] = [];
  let octets = 0;
  for (const event of events) {
    const entry = entryOf(bus, event);
    const more = ENTRY_OCTETS + Buffer.byteLength(entry.Detail ?? '');
    if (entries.length === MAX_ENTRIES || (entries.length > 0 && octets + more > MAX_OCTETS)) {
      await putEntries(bus, entries);
      entries = [];
      octets = 0;
    }
    entries.push(entry);
    octets += more;
  }
  if (entries.length > 0) await putEntries(bus, entries);
}

async function putEntries(bus: EventBus, entries: readonly PutEventsRequestEntry[]): Promise<void> {
  let pending = entries;
  let reason = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Single entries are mostly refused by throttling, which ends after a moment.
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** attempt));
    const { Entries: results = [] } = await bus.eventBridge.send(
      new PutEventsCommand({ Entries: [...pending] }),
    );
    reason = results.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode ?? reason;
    pending = pending.filter((_, index) => results[index]?.EventId === undefined);
    if (pending.length === 0) return;
  }
  throw new EventError(
    'not-published',
    `the bus refused ${pending.length} of ${entries.length} events: ${reason}`,
  );
}

function entryOf(bus: EventBus, { detailType, metadata, data }: OutgoingEvent): PutEventsRequestEntry {
  const TraceHeader = bus.traceHeader?.();
  return {
    EventBusName: bus.eventBusName,
    Source: (isCommand(detailType) && bus.commandSource) || EVENT_SOURCE,
    DetailType: detailType,
    Detail: JSON.stringify({ metadata, data }),
    ...(TraceHeader !== undefined && { TraceHeader }),
  };
}
