import * as v from 'valibot';
import { LOCAL_ACCOUNT } from '../../cli/emulator/account.ts';
import { AwsError } from './aws-error.ts';
import { md5Of, type ReceivedMessage, SqsQueue } from './sqs-queue.ts';
import { arnOf } from './template.ts';

const seconds = v.pipe(v.number(), v.minValue(0));
const createQueueRequest = v.object({
  QueueName: v.string(),
  Attributes: v.optional(
    v.strictObject({
      VisibilityTimeout: v.optional(v.string(), '30'),
      /** Is not followed: a message stays until it is deleted. */
      MessageRetentionPeriod: v.optional(v.string()),
      RedrivePolicy: v.optional(
        v.pipe(
          v.string(),
          v.parseJson(),
          v.object({
            deadLetterTargetArn: v.string(),
            maxReceiveCount: v.pipe(v.union([v.string(), v.number()]), v.transform(Number)),
          }),
        ),
      ),
    }),
    {},
  ),
});
const messageAttributes = v.record(
  v.string(),
  v.object({ DataType: v.literal('String'), StringValue: v.string() }),
);
const sendEntry = v.object({
  MessageBody: v.string(),
  DelaySeconds: v.optional(seconds, 0),
  MessageAttributes: v.optional(messageAttributes, {}),
  MessageSystemAttributes: v.optional(
    v.strictObject({ AWSTraceHeader: v.object({ DataType: v.literal('String'), StringValue: v.string() }) }),
  ),
});
const deleteEntry = v.object({ ReceiptHandle: v.string() });
const visibilityEntry = v.object({ ReceiptHandle: v.string(), VisibilityTimeout: seconds });
const receiveRequest = v.object({
  MaxNumberOfMessages: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(10)), 1),
  VisibilityTimeout: v.optional(seconds),
  WaitTimeSeconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(20)), 0),
  /** The older name of the next. */
  AttributeNames: v.optional(v.array(v.string()), []),
  MessageSystemAttributeNames: v.optional(v.array(v.string()), []),
  MessageAttributeNames: v.optional(v.array(v.string()), []),
});
const batchRequest = v.object({
  Entries: v.pipe(v.array(v.looseObject({ Id: v.string() })), v.minLength(1), v.maxLength(10)),
});
const listRequest = v.object({ QueueNamePrefix: v.optional(v.string(), '') });
const urlRequest = v.object({ QueueName: v.string() });
const queueRequest = v.object({ QueueUrl: v.string() });
const attributesRequest = v.object({ AttributeNames: v.optional(v.array(v.string()), []) });

/** A stand-in for SQS: standard queues in memory, and the actions that the code uses. */
export class LocalSqs {
  readonly #url: string;
  readonly #queues = new Map<
    string,
    { readonly queue: SqsQueue; readonly attributes: Record<string, string> }
  >();
  /** Each action takes the queue and the request's JSON, and returns the answer's. */
  readonly #actions: Readonly<
    Record<string, (queue: SqsQueue, request: unknown, hungUp: AbortSignal) => unknown>
  > = {
    SendMessage: send,
    SendMessageBatch: (queue, request) => answerBatch(request, (entry) => send(queue, entry)),
    ReceiveMessage: receive,
    DeleteMessage: remove,
    DeleteMessageBatch: (queue, request) => answerBatch(request, (entry) => remove(queue, entry)),
    ChangeMessageVisibility: changeVisibility,
    ChangeMessageVisibilityBatch: (queue, request) =>
      answerBatch(request, (entry) => changeVisibility(queue, entry)),
  };

  /** @param url where the queues' URLs begin */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Answers one action of the API, in its JSON. `hungUp` aborts when the client is gone.
   * @throws AwsError
   */
  async answer(action: string, request: unknown, hungUp: AbortSignal): Promise<unknown> {
    if (action === 'CreateQueue') return this.createQueue(request);
    if (action === 'ListQueues') return this.#list(request);
    if (action === 'GetQueueUrl') return this.#urlOf(request);
    const answer = this.#actions[action];
    if (answer === undefined && action !== 'GetQueueAttributes')
      throw new AwsError('UnknownOperationException', `the local system's SQS has no ${action}`);
    const name = v.parse(queueRequest, request).QueueUrl.split('/').at(-1) ?? '';
    return answer === undefined
      ? this.#attributesOf(name, request)
      : answer(this.#find(name).queue, request, hungUp);
  }

  /** The CreateQueue action; a queue of that name stays as it is. */
  createQueue(request: unknown): { readonly QueueUrl: string } {
    const { QueueName: name, Attributes: given } = v.parse(createQueueRequest, request);
    const { VisibilityTimeout = '30', RedrivePolicy } = given;
    if (!this.#queues.has(name)) {
      const queue = new SqsQueue({
        visibilityTimeoutMs: Number(VisibilityTimeout) * 1000,
        ...(RedrivePolicy && {
          redrive: {
            maxReceiveCount: RedrivePolicy.maxReceiveCount,
            deadLetters: () => this.#find(nameOf(RedrivePolicy.deadLetterTargetArn)).queue,
          },
        }),
      });
      const attributes = {
        QueueArn: arnOf('sqs', name),
        VisibilityTimeout,
        ...(RedrivePolicy && { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
      };
      this.#queues.set(name, { queue, attributes });
    }
    return { QueueUrl: this.#queueUrl(name) };
  }

  #list(request: unknown) {
    const { QueueNamePrefix } = v.parse(listRequest, request);
    const names = [...this.#queues.keys()].filter((name) => name.startsWith(QueueNamePrefix));
    return { QueueUrls: names.map((name) => this.#queueUrl(name)) };
  }

  #urlOf(request: unknown) {
    const { QueueName } = v.parse(urlRequest, request);
    this.#find(QueueName);
    return { QueueUrl: this.#queueUrl(QueueName) };
  }

  #queueUrl(name: string): string {
    return `${this.#url}/${LOCAL_ACCOUNT}/${name}`;
  }

  /**
   * Sends to a queue by its ARN, as other services of AWS do.
   * @throws AwsError when there is no such queue
   */
  send(queueArn: string, body: string, traceHeader?: string): void {
    this.#find(nameOf(queueArn)).queue.send(body, { traceHeader });
  }

  /** Whether there is a queue of this ARN. */
  has(queueArn: string): boolean {
    return queueArn === arnOf('sqs', nameOf(queueArn)) && this.#queues.has(nameOf(queueArn));
  }

  #find(name: string) {
    const found = this.#queues.get(name);
    if (found === undefined) throw new AwsError('QueueDoesNotExist', `there is no queue ${name}`);
    return found;
  }

  #attributesOf(name: string, request: unknown) {
    const { AttributeNames: names } = v.parse(attributesRequest, request);
    const { queue, attributes } = this.#find(name);
    const { visible, inFlight, delayed } = queue.counts();
    const all: Record<string, string> = {
      ...attributes,
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
    };
    return { Attributes: chosen(all, names) };
  }
}

function send(queue: SqsQueue, request: unknown) {
  const { MessageBody, DelaySeconds, MessageAttributes, MessageSystemAttributes } = v.parse(
    sendEntry,
    request,
  );
  const MessageId = queue.send(MessageBody, {
    delayMs: DelaySeconds * 1000,
    attributes: MessageAttributes,
    traceHeader: MessageSystemAttributes?.AWSTraceHeader.StringValue,
  });
  return { MessageId, MD5OfMessageBody: md5Of(MessageBody) };
}

async function receive(queue: SqsQueue, request: unknown, hungUp: AbortSignal) {
  const { MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds, ...names } = v.parse(
    receiveRequest,
    request,
  );
  const options = {
    max: MaxNumberOfMessages,
    waitMs: WaitTimeSeconds * 1000,
    ...(VisibilityTimeout === undefined ? {} : { visibilityTimeoutMs: VisibilityTimeout * 1000 }),
  };
  const attributeNames = [...names.AttributeNames, ...names.MessageSystemAttributeNames];
  const messages = await queue.receive(options, hungUp);
  return {
    Messages: messages.map((message) => ({
      ...answerOf(message, attributeNames),
      MessageAttributes: chosen(message.attributes, names.MessageAttributeNames),
    })),
  };
}

function answerOf(message: ReceivedMessage, attributeNames: readonly string[]) {
  const attributes = {
    SentTimestamp: String(message.sentAt),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ...(message.traceHeader === undefined ? {} : { AWSTraceHeader: message.traceHeader }),
  };
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5Of(message.body),
    Attributes: chosen(attributes, attributeNames),
  };
}

function remove(queue: SqsQueue, request: unknown) {
  queue.delete(v.parse(deleteEntry, request).ReceiptHandle);
  return {};
}

function changeVisibility(queue: SqsQueue, request: unknown) {
  const { ReceiptHandle, VisibilityTimeout } = v.parse(visibilityEntry, request);
  queue.changeVisibility(ReceiptHandle, VisibilityTimeout * 1000);
  return {};
}

/** Answers each entry of a batch alone: one that is refused does not fail the others. */
function answerBatch(request: unknown, answer: (entry: unknown) => object) {
  const successful: object[] = [];
  const failed: object[] = [];
  for (const entry of v.parse(batchRequest, request).Entries) {
    try {
      successful.push({ Id: entry.Id, ...answer(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: entry.Id, Code: error.name, Message: error.message, SenderFault: true });
    }
  }
  return { Successful: successful, Failed: failed };
}

/** The attributes of these names, or all of them. */
function chosen<T>(attributes: Readonly<Record<string, T>>, names: readonly string[]) {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => names.includes(name) || names.includes('All')),
  );
}

function nameOf(queueArn: string): string {
  return queueArn.split(':').at(-1) ?? '';
}
