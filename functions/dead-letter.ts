import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** The longest attribute of a dead letter, in characters. */
const MAX_ATTRIBUTE = 1024;

/** Why a message can't succeed. Each becomes an attribute of its dead letter. */
export interface DeadLetterReason {
  readonly reason: string;
  readonly message: string;
  readonly eventId: string | undefined;
}

/**
 * Sends a message to a dead-letter queue, with the attributes `reason`, `message` and `eventId`.
 * @throws the SDK's errors
 */
export async function sendDeadLetter(
  sqs: SQSClient,
  queueUrl: string,
  body: string,
  { reason, message, eventId }: DeadLetterReason,
): Promise<void> {
  const attributes = Object.entries({ reason, message, eventId }).flatMap(([name, value]) =>
    value ? [[name, { DataType: 'String', StringValue: attributeText(value) }] as const] : [],
  );
  const MessageAttributes = Object.fromEntries(attributes);
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, MessageAttributes }));
}

/** SQS refuses control characters and lone surrogates. */
function attributeText(text: string): string {
  const allowed = text.slice(0, MAX_ATTRIBUTE).toWellFormed();
  return allowed.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?');
}
