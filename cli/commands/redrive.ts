import { createInterface } from 'node:readline/promises';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  MessageNotInflight,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type Command, Option } from 'commander';
import * as v from 'valibot';
import { ROTATION_REQUESTS } from '../../lib/events/contracts.ts';
import { CliError, EXIT, UsageError } from '../errors.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { type DeployedBmsc, type DeployedQueues, findBmsc } from '../stack.ts';

/** A message in a dead-letter queue, held by its handle. */
interface DeadLetter {
  readonly id: string;
  readonly handle: string;
  readonly body: string;
  readonly sentAt: string;
  readonly receiveCount: number;
  /** Code and text of the refusal, if the sender refused the message at once. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

interface RedriveOptions extends CommandOptions {
  readonly list?: boolean;
  readonly discard?: string;
  readonly yes?: boolean;
}

/** Seconds for which dead letters are hidden from others while they are read. */
const HOLD_SECONDS = 60;

/** `bmsc redrive`: tries dead letters again, once their cause is mended. */
export function addRedriveCommand(program: Command): void {
  const command = program
    .command('redrive')
    .description('give dead letters, of the queue and of the rules, back to be tried again')
    .option('--list', 'only say what they are')
    .addOption(new Option('--discard <id>', 'delete the one with this message ID').conflicts('list'))
    .option('--yes', 'discard without asking')
    .action(redrive);
  withExamples(withStack(command), 'redrive --list --local', 'redrive --discard <id> --yes --local');
}

async function redrive(options: RedriveOptions): Promise<void> {
  const bmsc = await findBmsc(options);
  if (options.discard !== undefined) return discard(bmsc, options.discard, options);
  const print = createPrint(options.json);
  let count = 0;
  await eachDeadLetter(bmsc.queues, async (letter) => {
    count += 1;
    if (options.list !== true) await giveBack(bmsc, letter.body);
    print(`${options.list ? 'dead letter' : 'redriven'}: ${lineOf(letter)}`, fieldsOf(letter));
    return options.list === true ? 'keep' : 'delete';
  });
  print(`${count} dead letter(s)${options.list ? '' : ' given back'}`, { count });
}

async function discard(bmsc: DeployedBmsc, id: string, options: RedriveOptions): Promise<void> {
  let isFound = false;
  await eachDeadLetter(bmsc.queues, async (letter) => {
    if (letter.id !== id) return 'keep';
    isFound = true;
    if (options.yes !== true && !(await isConfirmed(`discard ${lineOf(letter)}?`))) {
      process.exitCode = EXIT.failed;
      return 'keep';
    }
    createPrint(options.json)(`discarded: ${lineOf(letter)}`, fieldsOf(letter));
    return 'delete';
  });
  if (!isFound) throw new CliError(`there is no dead letter ${id}`);
}

/** @throws CliError where nobody can be asked */
async function isConfirmed(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) throw new UsageError('nobody is at a terminal to be asked: give --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/**
 * Calls `use` for each dead letter once, in both queues, and deletes those for which it returns `delete`.
 * It is called before the deletion: a letter is redriven twice, never lost, when the command is interrupted
 * in between. All others are visible again at the end. A letter that comes back while the command runs,
 * because it was refused again, is kept: the same event is not redriven for ever.
 */
export async function eachDeadLetter(
  { sqs, deadLetterQueueUrl, ruleDeadLetterQueueUrl }: DeployedQueues,
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
          ({ id, body }) => !seenIds.has(id) && !redriven.has(eventIdOf(body) ?? body),
        );
        for (const letter of fresh) {
          seenIds.add(letter.id);
          if ((await use(letter)) === 'keep') continue;
          redriven.add(eventIdOf(letter.body) ?? letter.body);
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
async function receive(sqs: SQSClient, queueUrl: string): Promise<DeadLetter[]> {
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
  return Messages.map(({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }) => ({
    id: MessageId ?? '',
    handle: ReceiptHandle ?? '',
    body: Body ?? '',
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString(),
    receiveCount: Number(Attributes?.ApproximateReceiveCount ?? 0),
    reason: MessageAttributes?.reason?.StringValue,
    message: MessageAttributes?.message?.StringValue,
  }));
}

function lineOf({ id, body, sentAt, receiveCount, reason, message }: DeadLetter): string {
  const refusal = [reason, message].filter((part) => part !== undefined).join(': ');
  const received = `received ${receiveCount} times`;
  return [id, detailTypeOf(body), sentAt, received, refusal].filter((part) => part !== '').join('  ');
}

function fieldsOf({ id, body, sentAt, receiveCount, reason, message }: DeadLetter) {
  return {
    id,
    detailType: detailTypeOf(body),
    eventId: eventIdOf(body),
    sentAt,
    receiveCount,
    reason,
    message,
  };
}

/** The ID that the publisher gave the event; undefined when the body has none. */
function eventIdOf(body: string): string | undefined {
  const parsed = v.safeParse(
    v.object({ metadata: v.object({ eventId: v.string() }) }),
    eventOf(body)?.detail,
  );
  return parsed.success ? parsed.output.metadata.eventId : undefined;
}
/**
 * Publishes requests for rotations on the bus again, which has no queue for them; the sender's queue gets all
 * else.
 */
async function giveBack({ bus, queues }: DeployedBmsc, body: string): Promise<void> {
  const event = eventOf(body);
  if (event === undefined || !ROTATION_REQUESTS.some((name) => name === event['detail-type'])) {
    await queues.sqs.send(new SendMessageCommand({ QueueUrl: queues.queueUrl, MessageBody: body }));
    return;
  }
  const { 'detail-type': DetailType, source: Source, detail } = event;
  const entry = { EventBusName: bus.eventBusName, Source, DetailType, Detail: JSON.stringify(detail) };
  const { Entries = [] } = await bus.eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
  const refused = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
  if (refused !== undefined) throw new CliError(`the bus refused ${DetailType}: ${refused.ErrorCode}`);
}

function detailTypeOf(body: string): string {
  return eventOf(body)?.['detail-type'] ?? 'not an event';
}

/** The event in a body; undefined when the body is not an event. */
function eventOf(body: string): { 'detail-type': string; source: string; detail: unknown } | undefined {
  try {
    const event: unknown = JSON.parse(body);
    if (typeof event !== 'object' || event === null || !('detail-type' in event)) return undefined;
    const { source, detail } = { source: '', detail: undefined, ...event };
    return { 'detail-type': String(event['detail-type']), source: String(source), detail };
  } catch {
    return undefined;
  }
}
