import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  MessageNotInflight,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { ROTATION_REQUESTS } from '../events/contracts.ts';

/** The sender's queue, and the dead-letter queues for its work and for the events of the rules. */
export interface WorkQueues {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly ruleDeadLetterQueueUrl: string;
}

/** Where dead letters are given back to. */
export interface RedriveTarget {
  readonly queues: WorkQueues;
  readonly bus: { readonly eventBridge: EventBridgeClient; readonly eventBusName: string };
}

/** A message in a dead-letter queue. */
export interface DeadLetter {
  /** The message ID. */
  readonly id: string;
  readonly body: string;
  /** ISO 8601 */
  readonly sentAt: string;
  readonly receiveCount: number;
  /** Code and text of the refusal, if the request was refused at once. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** The event's name; undefined: it is no event, but a page of a push, or something else. */
  readonly detailType: string | undefined;
  /** The ID that the publisher gave the event; undefined when the body has none. */
  readonly eventId: string | undefined;
}

/** A dead letter, held by its handle. */
interface HeldLetter extends DeadLetter {
  readonly handle: string;
}

/** Seconds for which dead letters are hidden from others while they are read. */
const HOLD_SECONDS = 60;

/**
 * Calls `use` for each dead letter once, in both queues, and deletes those for which it returns `delete`.
 * It is called before the deletion: a letter is redriven twice, never lost, when the caller is interrupted in
 * between. All others are visible again at the end. A letter that comes back while this runs, because it was
 * refused again, is kept: the same event is not redriven for ever.
 */
export async function eachDeadLetter(
  { sqs, deadLetterQueueUrl, ruleDeadLetterQueueUrl }: Omit<WorkQueues, 'queueUrl'>,
  use: (letter: DeadLetter) => Promise<'keep' | 'delete'>,
): Promise<void> {
  for (const queueUrl of [deadLetterQueueUrl, ruleDeadLetterQueueUrl]) {
    const handles = new Map<string, string>();
    const seenIds = new Set<string>();
    const redriven = new Set<string>();
    let knownInARow = 0;
    try {
      for (;;) {
        const letters = await receive(sqs, queueUrl);
        for (const { id, handle } of letters) handles.set(id, handle);
        const fresh = letters.filter(
          ({ id, eventId, body }) => !seenIds.has(id) && !redriven.has(eventId ?? body),
        );
        for (const letter of fresh) {
          seenIds.add(letter.id);
          if ((await use(letter)) === 'keep') continue;
          redriven.add(letter.eventId ?? letter.body);
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: letter.handle }));
          handles.delete(letter.id);
        }
        // A queue gives its messages in any order. It repeats itself once it has given as many known ones in
        // a row as it holds.
        knownInARow = fresh.length === 0 ? knownInARow + letters.length : 0;
        if (letters.length === 0 || knownInARow > handles.size) break;
      }
    } finally {
      for (const ReceiptHandle of handles.values()) await show(sqs, queueUrl, ReceiptHandle);
    }
  }
}

/**
 * Gives a dead letter back to be tried again: a request for a rotation to the bus, which has no queue for
 * them; all else to the sender's queue.
 * @throws Error when the bus refuses it; the SDK's errors
 */
export async function redriveLetter({ bus, queues }: RedriveTarget, { body }: DeadLetter): Promise<void> {
  const event = eventOf(body);
  if (event === undefined || !ROTATION_REQUESTS.some((name) => name === event['detail-type'])) {
    await queues.sqs.send(new SendMessageCommand({ QueueUrl: queues.queueUrl, MessageBody: body }));
    return;
  }
  const { 'detail-type': DetailType, source: Source, detail } = event;
  const entry = { EventBusName: bus.eventBusName, Source, DetailType, Detail: JSON.stringify(detail) };
  const { Entries = [] } = await bus.eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
  const refused = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
  if (refused !== undefined) throw new Error(`the bus refused ${DetailType}: ${refused.ErrorCode}`);
}

/** Makes a message visible to others now; one that is visible or gone already stays so. */
async function show(sqs: SQSClient, QueueUrl: string, ReceiptHandle: string): Promise<void> {
  try {
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  } catch (error) {
    if (error instanceof MessageNotInflight || error instanceof ReceiptHandleIsInvalid) return;
    throw error;
  }
}

/** Waits a second for messages: a shorter poll asks only some of the servers of a queue. */
async function receive(sqs: SQSClient, queueUrl: string): Promise<HeldLetter[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: HOLD_SECONDS,
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes, MessageAttributes }) => ({
    id: MessageId,
    handle: ReceiptHandle,
    body: Body,
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString(),
    receiveCount: Number(Attributes?.ApproximateReceiveCount ?? 0),
    reason: MessageAttributes?.reason?.StringValue,
    message: MessageAttributes?.message?.StringValue,
    detailType: eventOf(Body)?.['detail-type'],
    eventId: eventIdOf(Body),
  }));
}

const eventBody = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    'detail-type': v.string(),
    source: v.fallback(v.string(), ''),
    detail: v.unknown(),
  }),
);
const identified = v.object({ metadata: v.object({ eventId: v.string() }) });

/** The event in a body; undefined when the body is not an event. */
function eventOf(body: string): v.InferOutput<typeof eventBody> | undefined {
  const parsed = v.safeParse(eventBody, body);
  return parsed.success ? parsed.output : undefined;
}

function eventIdOf(body: string): string | undefined {
  const parsed = v.safeParse(identified, eventOf(body)?.detail);
  return parsed.success ? parsed.output.metadata.eventId : undefined;
}
