import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type IncomingEvent, parseEvent } from '../../../lib/events/envelope.ts';

/** A rule and a queue, as an operator's own system has them to receive events. */
export interface BusListener {
  /** Every event received so far. */
  readonly events: readonly IncomingEvent[];
  readonly stop: () => Promise<void>;
}

/** Listens to every event of the bus from now on. */
export async function listenToBus(eventBusName: string): Promise<BusListener> {
  const sqs = new SQSClient({});
  const eventBridge = new EventBridgeClient({});
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'bmsc-e2e-listener' }));
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await eventBridge.send(
    new PutRuleCommand({
      Name: 'bmsc-e2e-listener',
      EventBusName: eventBusName,
      EventPattern: JSON.stringify({ source: ['bmsc.keymanagement'] }),
    }),
  );
  await eventBridge.send(
    new PutTargetsCommand({
      Rule: 'bmsc-e2e-listener',
      EventBusName: eventBusName,
      Targets: [{ Id: 'queue', Arn: Attributes.QueueArn }],
    }),
  );
  const events: IncomingEvent[] = [];
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      for (const { Body = '', ReceiptHandle } of Messages) {
        events.push(parseEvent(Body));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  })();
  return {
    events,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
