import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { ROTATION_REQUESTS } from '../../lib/events/contracts.ts';
import { CliError } from '../errors.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint } from '../output.ts';
import { type DeployedBmsc, findBmsc } from '../stack.ts';

/** `bmsc redrive`: tries dead letters again, once their cause is mended. */
export function addRedriveCommand(program: Command): void {
  const command = program
    .command('redrive')
    .description('give dead letters, of the queue and of the rules, back to whom they were for')
    .option('--list', 'only say what they are')
    .action(redrive);
  withExamples(withStack(command), 'redrive --list --local');
}

async function redrive(options: CommandOptions & { readonly list?: boolean }): Promise<void> {
  const bmsc = await findBmsc(options);
  const { queues } = bmsc;
  const print = createPrint(options.json);
  let count = 0;
  for (const from of [queues.deadLetterQueueUrl, queues.ruleDeadLetterQueueUrl]) {
    for await (const body of deadLetters(bmsc, from, options.list === true)) {
      count += 1;
      const detailType = detailTypeOf(body);
      print(`${options.list ? 'dead letter' : 'redriven'}: ${detailType}`, { detailType });
    }
  }
  print(`${count} dead letter(s)${options.list ? '' : ' given back'}`, { count });
}

/**
 * The bodies of the dead letters of a queue. Gives each back before it deletes it: a letter is redriven
 * twice, never lost, when the command is interrupted in between.
 */
async function* deadLetters(bmsc: DeployedBmsc, from: string, onlyList: boolean): AsyncGenerator<string> {
  const { sqs } = bmsc.queues;
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: from, MaxNumberOfMessages: 10, VisibilityTimeout: 10 }),
    );
    if (Messages.length === 0) return;
    for (const { Body = '', ReceiptHandle } of Messages) {
      if (!onlyList) {
        await giveBack(bmsc, Body);
        await sqs.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle }));
      }
      yield Body;
    }
  }
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
