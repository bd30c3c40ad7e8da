import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openBusClient } from '../../../functions/aws-calls/bus-client.ts';
import { openTableClient } from '../../../functions/aws-calls/table-client.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { type Reaction, type Service, startService } from './service.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'secret', sessionToken: 'token' };
let service: Service;
let table: TestTable;
beforeAll(async () => {
  [service, table] = await Promise.all([startService(), startTable()]);
});
afterAll(() => Promise.all([service.close(), table.close()]));

const atService = () => ({ endpoint: service.url, region: 'eu-west-1', credentials });
const configOf = (config: DynamoDBClientConfig): DynamoDBClientConfig => ({ ...atService(), ...config });

/** The SDK's client as it is, and ours, with the same settings. */
function both(config: DynamoDBClientConfig = {}): readonly [DynamoDBClient, DynamoDBClient] {
  return [new DynamoDBClient(configOf(config)), openTableClient(configOf(config))];
}

const KEY = { pk: { S: 'a' }, sk: { S: 'ü€𝄞' } };
const ITEM = {
  ...KEY,
  text: { S: '"\\\u0000\n' },
  number: { N: '123456789012345678901234567890' },
  octets: { B: Uint8Array.of(0, 255, 1, 254) },
  none: { B: new Uint8Array() },
  view: { B: Uint8Array.of(9, 8, 7, 6).subarray(1, 3) },
  isTrue: { BOOL: true },
  nothing: { NULL: true },
  texts: { SS: ['a', 'b'] },
  numbers: { NS: ['1', '2'] },
  manyOctets: { BS: [Uint8Array.of(1), Uint8Array.of(2, 3)] },
  list: { L: [{ B: Uint8Array.of(4) }, { M: { deep: { B: Uint8Array.of(5) }, __proto__x: { S: 'p' } } }] },
};

test('every command of the table gives what it gives with the SDK, the first time and later', async () => {
  const { tableName: TableName, endpointUrl: endpoint } = table;
  const [asIs, ours] = both({ endpoint });
  const calls: readonly ((client: DynamoDBClient) => Promise<{ $metadata: object }>)[] = [
    (client) => client.send(new PutItemCommand({ TableName, Item: ITEM, ReturnValues: 'ALL_OLD' })),
    (client) => client.send(new GetItemCommand({ TableName, Key: KEY, ConsistentRead: true })),
    (client) => client.send(new GetItemCommand({ TableName, Key: { ...KEY, sk: { S: 'none' } } })),
    (client) =>
      client.send(
        new BatchGetItemCommand({
          RequestItems: { [TableName]: { Keys: [KEY, { ...KEY, sk: { S: 'x' } }] } },
        }),
      ),
    (client) =>
      client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': KEY.pk },
          Limit: 1,
          ReturnConsumedCapacity: 'TOTAL',
        }),
      ),
    (client) =>
      client.send(
        new UpdateItemCommand({
          TableName,
          Key: KEY,
          UpdateExpression: 'SET #o = :o',
          ExpressionAttributeNames: { '#o': 'octets' },
          ExpressionAttributeValues: { ':o': { B: Uint8Array.of(7) } },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    (client) => client.send(new DeleteItemCommand({ TableName, Key: KEY, ReturnValues: 'ALL_OLD' })),
  ];
  const answersOf = async (client: DynamoDBClient) => {
    const answers = [];
    for (const call of [...calls, ...calls]) {
      const { $metadata, ...answer } = await call(client);
      expect($metadata).toMatchObject({ httpStatusCode: 200, attempts: 1 });
      answers.push(answer);
    }
    return answers;
  };
  const expected = await answersOf(asIs);
  expect(expected[1]).toEqual({ Item: ITEM });
  expect(await answersOf(ours)).toStrictEqual(expected);
});

test('a later request has the body and the headers of the SDK, and a signature that is right', async () => {
  service.react({ kind: 'answer', body: {} });
  const config = { customUserAgent: 'bmsc' };
  for (const client of both(config)) {
    for (const sk of ['first', 'later ü']) {
      const Item = { ...ITEM, sk: { S: sk } };
      await client.send(new PutItemCommand({ TableName: 't', Item, ConditionExpression: undefined }));
    }
  }
  const [, asIs, , ours] = service.received;
  expect(JSON.parse(ours?.body ?? '')).toEqual(JSON.parse(asIs?.body ?? 'none'));
  const { authorization, 'x-amz-date': date, ...others } = ours?.headers ?? {};
  expect(others).toEqual({
    ...asIs?.headers,
    authorization: undefined,
    'x-amz-date': undefined,
    'amz-sdk-invocation-id': expect.any(String),
    'content-length': String(Buffer.byteLength(ours?.body ?? '')),
    'user-agent': expect.stringContaining('bmsc'),
    'x-amz-user-agent': expect.stringContaining('bmsc'),
  });
  expect(authorization).toBe(await signatureOf(ours?.headers ?? {}, ours?.body ?? '', String(date)));
});

/** The signature that the SDK's signer makes of a request that came over the socket. */
async function signatureOf(
  headers: IncomingHttpHeaders,
  body: string,
  date: string,
): Promise<string | undefined> {
  const names = /SignedHeaders=([^,]*)/.exec(String(headers.authorization))?.[1]?.split(';') ?? [];
  const signer = new SignatureV4({ service: 'dynamodb', region: 'eu-west-1', sha256: Sha256, credentials });
  const signed = await signer.sign(
    new HttpRequest({
      method: 'POST',
      path: '/',
      headers: Object.fromEntries(names.map((name) => [name, String(headers[name])])),
      body,
    }),
    { signingDate: new Date(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')) },
  );
  return signed.headers.authorization;
}

/** What a call comes to: for the caller, and for the service. */
async function outcomeOf(client: DynamoDBClient, command: () => GetItemCommand | UpdateItemCommand) {
  const { received } = service;
  try {
    const { $metadata, ...answer } = await client.send(command());
    return { answer, attempts: $metadata.attempts, requests: requestsOf(received) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { name, message } = error;
    const shown = ['$fault', '$retryable', 'Item', 'code'].map((field) => Reflect.get(error, field));
    const { attempts } = Reflect.get(error, '$metadata') ?? {};
    const type = Object.getPrototypeOf(error);
    return { fault: { name, message, type, shown }, attempts, requests: requestsOf(received) };
  }
}

function requestsOf(received: Service['received']) {
  return received.map(({ headers, body }) => [headers['amz-sdk-request'], JSON.parse(body)]);
}

const get = () => new GetItemCommand({ TableName: 't', Key: KEY });
const FINE: Reaction = { kind: 'answer', body: { Item: { octets: { B: 'AQID' } } } };
const error = (status: number, type: string, more = {}, headers = {}): Reaction => ({
  kind: 'answer',
  status,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: `because of ${type}`, ...more },
  headers,
});

const FAULTS: Readonly<Record<string, readonly Reaction[]>> = {
  'a condition that fails': [
    error(400, 'ConditionalCheckFailedException', { Item: { octets: { B: 'AQID' } } }),
  ],
  'a table that is missing': [error(400, 'ResourceNotFoundException')],
  'an error that nobody knows': [error(400, 'NeverHeardOfException')],
  'throttling that ends': [error(400, 'ProvisionedThroughputExceededException'), FINE],
  'throttling that does not end': [error(400, 'ProvisionedThroughputExceededException')],
  'a request limit': [error(400, 'RequestLimitExceeded')],
  'a failure of the service that ends': [error(500, 'InternalServerError'), FINE],
  'a failure of the service that does not end': [error(500, 'InternalServerError')],
  'a gateway in between that fails': [{ kind: 'answer', status: 503, body: '<html>' }, FINE],
  'an answer that is no JSON': [{ kind: 'answer', body: '{"Item":' }],
  'an empty answer': [{ kind: 'answer', body: '' }],
  'an answer that is cut': [{ kind: 'cut' }, FINE],
  'an answer that never comes': [{ kind: 'silence' }],
  'an answer that comes at the second attempt': [{ kind: 'silence' }, FINE],
  'a clock that is late': [
    error(400, 'RequestTimeTooSkewed', {}, { date: new Date(Date.now() + 3_600_000).toUTCString() }),
    FINE,
  ],
};

test.each(Object.entries(FAULTS))('%s is met as by the SDK', async (_, reactions) => {
  const outcomes = [];
  for (const client of both({
    maxAttempts: 2,
    requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true },
  })) {
    service.react(FINE);
    await client.send(get());
    service.react(...reactions);
    outcomes.push(await outcomeOf(client, get));
    client.destroy();
  }
  const [asIs, ours] = outcomes;
  expect(asIs?.requests.length).toBeGreaterThan(0);
  expect(ours).toEqual(asIs);
});

test('an error of a later call is of the class of the SDK', async () => {
  const client = openTableClient(configOf({ maxAttempts: 1 }));
  service.react(FINE, error(400, 'ConditionalCheckFailedException', { Item: { octets: { B: 'AQID' } } }));
  await client.send(get());
  const caught = await client.send(get()).catch((error: unknown) => error);
  expect(caught).toBeInstanceOf(ConditionalCheckFailedException);
  expect(caught).toMatchObject({ Item: { octets: { B: Uint8Array.of(1, 2, 3) } } });
});

test('a later call can be given up by its caller', async () => {
  const client = openTableClient(configOf({}));
  service.react(FINE, { kind: 'silence' });
  await client.send(get());
  const abortSignal = AbortSignal.timeout(50);
  await expect(client.send(get(), { abortSignal })).rejects.toMatchObject({ name: 'AbortError' });
  client.destroy();
});

test('credentials that expire are read again, and sign the next request', async () => {
  service.react(FINE);
  let name = 'old';
  const client = openTableClient({
    ...atService(),
    credentials: async () => ({
      accessKeyId: name,
      secretAccessKey: name,
      sessionToken: `token-${name}`,
      expiration: new Date(),
    }),
  });
  for (let call = 0; call < 2; call++) await client.send(get());
  name = 'new';
  await client.send(get());
  const sent = service.received.map(({ headers }) => [
    headers['x-amz-security-token'],
    /Credential=(\w+)/.exec(String(headers.authorization))?.[1],
  ]);
  expect(sent).toEqual([
    ['token-old', 'old'],
    ['token-old', 'old'],
    ['token-new', 'new'],
  ]);
});

test('the endpoint is resolved once for each command, and no request names an invocation', async () => {
  let resolved = 0;
  const endpointProvider = () => {
    resolved++;
    return { url: new URL(service.url) };
  };
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'key-request');
  const client = openTableClient(configOf({ endpointProvider }));
  service.react(FINE);
  for (const invocation of ['one', 'two', 'three']) {
    vi.stubEnv('_X_AMZN_TRACE_ID', invocation);
    await client.send(get());
  }
  vi.unstubAllEnvs();
  expect(resolved).toBe(1);
  expect(service.received.map(({ headers }) => headers['x-amzn-trace-id'])).toEqual(Array(3).fill(undefined));
});

/** Answers each request, and keeps to which host it would go. */
class NoNetwork {
  readonly hosts: string[] = [];

  async handle({ hostname }: HttpRequest): Promise<{ response: HttpResponse }> {
    this.hosts.push(hostname);
    return { response: new HttpResponse({ statusCode: 200, body: Readable.from([Buffer.from('{}')]) }) };
  }
}

test('a table of another account is asked for at that account', async () => {
  const requestHandler = new NoNetwork();
  const client = openTableClient({
    region: 'eu-west-1',
    credentials: { ...credentials, accountId: '111111111111' },
    requestHandler,
  });
  const arn = 'arn:aws:dynamodb:eu-west-1:222222222222:table/t';
  for (const TableName of ['t', arn, 't', arn, 't'])
    await client.send(new GetItemCommand({ TableName, Key: KEY }));
  for (const name of [arn, 't'])
    await client.send(new BatchGetItemCommand({ RequestItems: { [name]: { Keys: [KEY] } } }));
  const [ours, theirs] = [
    '111111111111.ddb.eu-west-1.amazonaws.com',
    '222222222222.ddb.eu-west-1.amazonaws.com',
  ];
  expect(requestHandler.hosts).toEqual([ours, theirs, ours, theirs, ours, theirs, ours]);
});

test('events are put as by the SDK', async () => {
  const Entries = [{ EventBusName: 'bus', Source: 's', DetailType: 'd', Detail: '{"ü":1}' }];
  const answers = [];
  for (const client of [new EventBridgeClient(atService()), openBusClient(atService())]) {
    service.react(
      { kind: 'answer', body: { FailedEntryCount: 0, Entries: [{ EventId: '1' }] } },
      { kind: 'answer', body: { FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] } },
    );
    const results = [];
    for (let call = 0; call < 2; call++) {
      const { $metadata: _, ...answer } = await client.send(new PutEventsCommand({ Entries }));
      results.push(answer);
    }
    answers.push([
      ...results,
      ...service.received.map(({ body, headers }) => [JSON.parse(body), headers['x-amz-target']]),
    ]);
  }
  expect(answers[1]).toEqual(answers[0]);
});

test('events for a global endpoint of the bus go the way of the SDK', async () => {
  const Entries = [{ Source: 's', DetailType: 'd', Detail: '{}' }];
  const { endpoint: _, ...config } = atService();
  const requestHandler = new NoNetwork();
  const failures = [];
  for (const client of [
    new EventBridgeClient({ ...config, requestHandler }),
    openBusClient({ ...config, requestHandler }),
  ]) {
    await client.send(new PutEventsCommand({ Entries }));
    const put = client.send(new PutEventsCommand({ Entries, EndpointId: 'abc.def' }));
    failures.push(await put.then(String, String));
  }
  expect(failures[1]).toBe(failures[0]);
  expect(failures[0]).toContain('Error');
});
