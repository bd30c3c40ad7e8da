import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** Takes messages from a queue until it is told to stop. */
export interface QueueConsumer {
  /** Takes no further message; resolves when those at work are done. */
  readonly stop: () => Promise<void>;
  /** When the queue last answered, ms since the epoch. */
  readonly lastAnswer: () => number;
}

/** Pause after a failed call to the queue, in ms. */
const PAUSE_MS = 1000;

/** Long poll, in seconds: the most that SQS allows. */
const WAIT_S = 20;

/**
 * Polls `queueUrl` and hands each message's body to `handle`. A message that is handled is deleted; one
 * whose handling throws stays in the queue, comes again after the visibility timeout, and ends in the
 * dead-letter queue.
 */
export function consumeQueue(
  sqs: SQSClient,
  queueUrl: string,
  handle: (body: string) => Promise<void>,
  report: (what: 'receive-failed' | 'handle-failed' | 'delete-failed', error: unknown) => void,
): QueueConsumer {
  const polling = new AbortController();
  let lastAnswer = Date.now();

  const take = async ({ Body = '', ReceiptHandle }: Message) => {
    try {
      await handle(Body);
    } catch (error) {
      report('handle-failed', error);
      return;
    }
    try {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    } catch (error) {
      report('delete-failed', error);
    }
  };

  const run = async () => {
    while (!polling.signal.aborted) {
      try {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: WAIT_S }),
          { abortSignal: polling.signal },
        );
        lastAnswer = Date.now();
        await Promise.all(Messages.map(take));
      } catch (error) {
        if (polling.signal.aborted) return;
        report('receive-failed', error);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  };

  const running = run();
  return {
    stop: async () => {
      polling.abort();
      await running;
    },
    lastAnswer: () => lastAnswer,
  };
}
