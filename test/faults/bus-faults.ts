import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { AwsAnswer, AwsCall, Forward } from './aws-faults.ts';
import type { Happens } from './dynamodb-faults.ts';

const entries = v.object({ Entries: v.array(v.unknown()) });

/**
 * EventBridge as it may be: every event that it took is delivered, but some twice and some after later ones.
 */
export function createBusFaults(
  happens: Happens,
  lateness: () => number,
): (call: AwsCall, forward: Forward) => Promise<AwsAnswer> {
  const later = (call: AwsCall, entry: unknown, forward: Forward) => {
    const body = Buffer.from(JSON.stringify({ Entries: [entry] }));
    const late = setTimeout(() => void forward({ ...call, body }).catch(() => undefined), lateness());
    late.unref();
  };

  return async (call, forward) => {
    const { Entries } = v.parse(entries, JSON.parse(call.body.toString()));
    const now: unknown[] = [];
    for (const entry of Entries) {
      if (happens('eventTwice')) later(call, entry, forward);
      if (happens('eventLate')) later(call, entry, forward);
      else now.push(entry);
    }
    if (now.length > 0) await forward({ ...call, body: Buffer.from(JSON.stringify({ Entries: now })) });
    const answer = { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: randomUUID() })) };
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: Buffer.from(JSON.stringify(answer)),
    };
  };
}
