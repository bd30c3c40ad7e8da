import type { SQSClient } from '@aws-sdk/client-sqs';

/** Tells `hear` the date of each answer of the queue, ms since the epoch: all senders hear the same service. */
export function hearDates(sqs: SQSClient, hear: (date: number) => void): void {
  sqs.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = dateOf(result.response);
      if (date !== undefined) hear(date);
      return result;
    },
    { step: 'deserialize', name: 'hearDates', override: true },
  );
}

function dateOf(response: unknown): number | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  const date = Date.parse(String(headers.date));
  return Number.isNaN(date) ? undefined : date;
}
