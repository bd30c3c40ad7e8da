import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';

/** The attribute by which a message of SQS tells the trace that it belongs to. */
export const TRACE_HEADER = 'AWSTraceHeader';

/** What puts a message into a trace; undefined: it belongs to none. */
export function inTrace(
  traceHeader: string | undefined,
): Pick<SendMessageBatchRequestEntry, 'MessageSystemAttributes'> {
  if (traceHeader === undefined) return {};
  return { MessageSystemAttributes: { [TRACE_HEADER]: { DataType: 'String', StringValue: traceHeader } } };
}
