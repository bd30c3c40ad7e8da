import * as v from 'valibot';
import type { SeededRandom } from '../seeded-random.ts';
import type { AwsAnswer, AwsCall, AwsFaults, Forward } from './aws-faults.ts';

/** Whether a fault happens to the present call. */
export type Happens = (fault: Exclude<keyof AwsFaults, 'lateMs'>) => boolean;

const batch = v.object({
  RequestItems: v.record(v.string(), v.looseObject({ Keys: v.array(v.unknown()) })),
});
const batchAnswer = v.looseObject({ UnprocessedKeys: v.optional(v.record(v.string(), v.unknown())) });

/** Answers a call of DynamoDB, or does not. */
export async function failDynamodb(
  call: AwsCall,
  forward: Forward,
  happens: Happens,
  random: SeededRandom,
): Promise<AwsAnswer> {
  if (happens('throttled')) {
    return refusal(400, 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException');
  }
  if (happens('failed')) return refusal(500, 'com.amazonaws.dynamodb.v20120810#InternalServerError');
  if (call.target.endsWith('.BatchGetItem') && happens('unprocessed'))
    return readInPart(call, forward, random);
  const answer = await forward(call);
  return happens('answerLost')
    ? refusal(500, 'com.amazonaws.dynamodb.v20120810#InternalServerError')
    : answer;
}

/** DynamoDB may read some of a batch and give the other keys back. */
async function readInPart(call: AwsCall, forward: Forward, random: SeededRandom): Promise<AwsAnswer> {
  const { RequestItems } = v.parse(batch, JSON.parse(call.body.toString()));
  const left: Record<string, unknown> = {};
  const read: Record<string, unknown> = {};
  for (const [table, { Keys, ...options }] of Object.entries(RequestItems)) {
    const processed = 1 + random.whole(Keys.length);
    read[table] = { ...options, Keys: Keys.slice(0, processed) };
    if (processed < Keys.length) left[table] = { ...options, Keys: Keys.slice(processed) };
  }
  const answer = await forward({ ...call, body: Buffer.from(JSON.stringify({ RequestItems: read })) });
  if (answer.status !== 200) return answer;
  const { UnprocessedKeys = {}, ...rest } = v.parse(batchAnswer, JSON.parse(answer.body.toString()));
  const body = Buffer.from(JSON.stringify({ ...rest, UnprocessedKeys: { ...UnprocessedKeys, ...left } }));
  const { 'x-amz-crc32': _crc, ...headers } = answer.headers;
  return { ...answer, headers, body };
}

function refusal(status: number, type: string): AwsAnswer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify({ __type: type, message: 'injected' })),
  };
}
