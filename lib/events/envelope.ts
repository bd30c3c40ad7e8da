import * as v from 'valibot';
import { isCommand } from './catalogue.ts';
import { CommandSources } from './command-sources.ts';
import {
  type DetailType,
  EVENT_DATA,
  EVENT_SOURCE,
  type EventData,
  type EventInput,
  SCHEMA_VERSION,
} from './contracts.ts';
import { describeIssues } from './describe-issues.ts';
import { EventError } from './errors.ts';
import { type EventMetadata, eventMetadata } from './metadata.ts';

/** An event to publish. */
export interface OutgoingEvent<T extends DetailType = DetailType> {
  readonly detailType: T;
  readonly metadata: EventMetadata;
  readonly data: EventInput<T>;
}

/** An event from the bus. `replayName` is set when an archive replays it. */
export type IncomingEvent = {
  [T in DetailType]: {
    readonly detailType: T;
    readonly metadata: EventMetadata;
    readonly data: EventData<T>;
    readonly replayName: string | undefined;
  };
}[DetailType];

const envelope = v.object({
  source: v.string(),
  'detail-type': v.string(),
  'replay-name': v.optional(v.string()),
  detail: v.object({ metadata: eventMetadata, data: v.unknown() }),
});

/** A new event ID: 16 random octets in hexadecimal. */
export function newEventId(randomOctets: (length: number) => Uint8Array): string {
  return Buffer.from(randomOctets(16)).toString('hex');
}

/**
 * Creates an event. `eventId` is any unique text, `now` is ms since the epoch. `correlationId` is that of the
 * event that caused it; by default its own ID. A step that is repeated gives its events the same
 * `idempotencyKey`; by default the event's own ID.
 */
export function newEvent<T extends DetailType>(
  detailType: T,
  data: EventInput<T>,
  about: { eventId: string; now: number; correlationId?: string; idempotencyKey?: string },
): OutgoingEvent<T> {
  return {
    detailType,
    data,
    metadata: {
      schemaVersion: SCHEMA_VERSION,
      eventId: about.eventId,
      correlationId: about.correlationId ?? about.eventId,
      idempotencyKey: about.idempotencyKey ?? about.eventId,
      occurredAt: new Date(about.now).toISOString(),
    },
  };
}

/** A bus without settings: commands have the BM-SC's own source. */
const DEFAULT_SOURCES = new CommandSources();

/**
 * Parses an EventBridge event, as SQS delivers it. It ignores unknown fields, and refuses an unknown major
 * version. Facts are taken from the BM-SC itself alone, so that whoever may command can't forge them.
 * @throws EventError that names the field and what it accepts
 */
export function parseEvent(text: string, sources: CommandSources = DEFAULT_SOURCES): IncomingEvent {
  const outer = v.safeParse(envelope, parseJson(text));
  if (!outer.success) throw new EventError('not-an-event', `not an event: ${describeIssues(outer.issues)}`);
  const { source, 'detail-type': detailType, 'replay-name': replayName, detail } = outer.output;
  if (!isDetailType(detailType))
    throw new EventError('unknown-detail-type', `unknown detail-type "${detailType.slice(0, 128)}"`);
  checkSource(detailType, source, sources);
  const { schemaVersion } = detail.metadata;
  if (schemaVersion.split('.')[0] !== SCHEMA_VERSION.split('.')[0]) {
    throw new EventError(
      'unknown-version',
      `"${detailType}" has schema version ${schemaVersion.slice(0, 32)}, this reads ${SCHEMA_VERSION}`,
    );
  }
  const data = parseData(detailType, detail.data);
  if (isCommand(detailType)) checkKeyDomain(detailType, data, source, sources);
  // The schema was chosen by the same detail type, which the compiler can't follow through the table.
  return { detailType, metadata: detail.metadata, data, replayName } as IncomingEvent;
}

/**
 * Checks an event against the contract before it is published, as its receiver will.
 * @throws EventError `bad-data` that names the field and what it accepts
 */
export function checkEvent({ detailType, metadata, data }: OutgoingEvent): void {
  const about = v.safeParse(eventMetadata, metadata);
  if (!about.success) throw new EventError('bad-data', `"${detailType}": ${describeIssues(about.issues)}`);
  // As JSON has it: Infinity travels as null.
  parseData(detailType, JSON.parse(JSON.stringify(data)));
}

/** @throws EventError `foreign-source` */
function checkSource(detailType: DetailType, source: string, sources: CommandSources): void {
  if (isCommand(detailType) ? sources.has(source) : source === EVENT_SOURCE) return;
  const accepted = isCommand(detailType) ? sources.accepted.join(', ') : EVENT_SOURCE;
  throw new EventError(
    'foreign-source',
    `"${detailType}" is taken from the source ${accepted}, not from "${source.slice(0, 128)}"`,
  );
}

/** A source of some Key Domains commands nothing else. @throws EventError `foreign-source` */
function checkKeyDomain(
  detailType: DetailType,
  data: unknown,
  source: string,
  sources: CommandSources,
): void {
  const only = sources.keyDomainsOf(source);
  if (only === undefined) return;
  const named = v.safeParse(v.object({ keyDomainId: v.string() }), data);
  const keyDomainId = named.success ? named.output.keyDomainId : undefined;
  if ([...only].some((each) => each === keyDomainId)) return;
  throw new EventError(
    'foreign-source',
    `"${detailType}" is for ${keyDomainId ?? 'all Key Domains'}, and "${source.slice(0, 128)}" commands ${[...only].join(', ')} alone`,
  );
}

/** @throws EventError `bad-data` */
function parseData(detailType: DetailType, data: unknown): unknown {
  const parsed = v.safeParse(EVENT_DATA[detailType], data);
  if (!parsed.success) throw new EventError('bad-data', `"${detailType}": ${describeIssues(parsed.issues)}`);
  return parsed.output;
}

function isDetailType(text: string): text is DetailType {
  return Object.hasOwn(EVENT_DATA, text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EventError('not-an-event', 'the message is not JSON', { cause });
  }
}
