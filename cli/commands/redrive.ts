import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { ROTATION_REQUESTS } from '../../lib/events/contracts.ts';
import { CliError } from '../errors.ts';
import { sayer } from '../output.ts';
import { type DeployedBmsc, findBmsc, type StackOptions } from '../stack.ts';

/** `bmsc redrive`: what failed is tried again, once its cause is mended. */
export function addRedriveCommand(program: Command, withStack: (command: Command) => Command): void {
  withStack(
    program
      .command('redrive')
      .description('give dead letters, of the queue and of the rules, back to whom they were for')
      .option('--list', 'only say what they are'),
  )
    .addHelpText('after', '\nExample:\n  bmsc redrive --list --local')
    .action(async (options: StackOptions & { json?: boolean; list?: boolean }) => {
      const bmsc = await findBmsc(options);
      const { queues } = bmsc;
      const say = sayer(options.json);
      let count = 0;
      for (const from of [queues.deadLetterQueueUrl, queues.ruleDeadLetterQueueUrl]) {
        for await (const body of deadLetters(bmsc, from, options.list === true)) {
          count += 1;
          const detailType = detailTypeOf(body);
          say(`${options.list ? 'dead letter' : 'redriven'}: ${detailType}`, { detailType });
        }
      }
      say(`${count} dead letter(s)${options.list ? '' : ' given back'}`, { count });
    });
}

/** Given back before it is deleted: one that is cut off in between is done twice, never lost. */
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

/** Requests for rotations go on the bus once more, which has no queue for them; all else is the sender's. */
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

/** An event by its name; what is none is told as such. */
function detailTypeOf(body: string): string {
  return eventOf(body)?.['detail-type'] ?? 'not an event';
}

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
