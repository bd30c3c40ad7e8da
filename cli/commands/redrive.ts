import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { sayer } from '../output.ts';
import { type DeployedQueues, findBmsc, type StackOptions } from '../stack.ts';

/** `bmsc redrive`: what failed is tried again, once its cause is mended. */
export function addRedriveCommand(program: Command, withStack: (command: Command) => Command): void {
  withStack(
    program
      .command('redrive')
      .description('give dead letters, of the queue and of the rules, back to the sender')
      .option('--list', 'only say what they are'),
  )
    .addHelpText('after', '\nExample:\n  bmsc redrive --list --local')
    .action(async (options: StackOptions & { json?: boolean; list?: boolean }) => {
      const { queues } = await findBmsc(options);
      const say = sayer(options.json);
      let count = 0;
      for (const from of [queues.deadLetterQueueUrl, queues.ruleDeadLetterQueueUrl]) {
        for await (const body of deadLetters(queues, from, options.list === true)) {
          count += 1;
          const detailType = detailTypeOf(body);
          say(`${options.list ? 'dead letter' : 'redriven'}: ${detailType}`, { detailType });
        }
      }
      say(`${count} dead letter(s)${options.list ? '' : ' given back to the sender'}`, { count });
    });
}

/** Sent to the sender's queue before it is deleted: one that is cut off in between is done twice, never lost. */
async function* deadLetters(
  { sqs, queueUrl }: DeployedQueues,
  from: string,
  onlyList: boolean,
): AsyncGenerator<string> {
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: from, MaxNumberOfMessages: 10, VisibilityTimeout: 10 }),
    );
    if (Messages.length === 0) return;
    for (const { Body = '', ReceiptHandle } of Messages) {
      if (!onlyList) {
        await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: Body }));
        await sqs.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle }));
      }
      yield Body;
    }
  }
}

/** An event by its name; what is none is told as such. */
function detailTypeOf(body: string): string {
  try {
    const event: unknown = JSON.parse(body);
    if (typeof event === 'object' && event !== null && 'detail-type' in event)
      return String(event['detail-type']);
  } catch {
    // Not JSON: told below.
  }
  return 'not an event';
}
