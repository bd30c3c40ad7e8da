import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** What a procedure consumed, for one UE. */
export interface Units {
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly events: number;
  readonly queueRequests: number;
  readonly datagramOctets: number;
}

/** Counts the capacity that a client's calls consume, as DynamoDB itself reports it. */
export function countCapacity(dynamodb: DynamoDBClient): { readUnits: number; writeUnits: number } {
  const counted = { readUnits: 0, writeUnits: 0 };
  dynamodb.middlewareStack.add(
    (next, context) => async (args) => {
      const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' };
      const answer = await next({ ...args, input: Object.assign(args.input, input) });
      const isRead = /Get|Query|Scan/.test(String(context.commandName));
      counted[isRead ? 'readUnits' : 'writeUnits'] += unitsOf(answer.output);
      return answer;
    },
    { step: 'initialize' },
  );
  return counted;
}

function unitsOf(output: object): number {
  const consumed: unknown = 'ConsumedCapacity' in output ? output.ConsumedCapacity : undefined;
  const list: readonly unknown[] = Array.isArray(consumed) ? consumed : [consumed];
  return list.reduce<number>(
    (sum, each) =>
      typeof each === 'object' && each !== null && 'CapacityUnits' in each
        ? sum + Number(each.CapacityUnits)
        : sum,
    0,
  );
}
