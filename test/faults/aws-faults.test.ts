import { createServer, type Server } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../cli/emulator/account.ts';
import { associationKey } from '../../lib/store/item-keys.ts';
import { batchGet, keyOf } from '../../lib/store/table.ts';
import { listen } from '../../local/aws/listen.ts';
import { seededRandom } from '../seeded-random.ts';
import { anAssociation, put } from '../store/sealed-items.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { type AwsFaultsProxy, NO_AWS_FAULTS, startAwsFaults } from './aws-faults.ts';

const client = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: LOCAL_CREDENTIALS,
  maxAttempts: 1,
});

describe('between the SDK and DynamoDB', () => {
  let table: TestTable;
  let proxy: AwsFaultsProxy;
  let dynamodb: DynamoDBClient;

  beforeEach(async () => {
    table = await startTable();
    const { hostname, port } = (await table.dynamodb.config.endpoint?.()) ?? { hostname: '', port: 0 };
    proxy = await startAwsFaults(`http://${hostname}:${port}`, seededRandom(1));
    dynamodb = new DynamoDBClient(client(proxy.url));
  });
  afterEach(async () => {
    dynamodb.destroy();
    await proxy.close();
    await table.close();
  });

  test('calls are refused as DynamoDB refuses them', async () => {
    const faulty = { dynamodb, tableName: table.tableName };
    proxy.setFaults({ ...NO_AWS_FAULTS, throttled: 1 });
    await expect(batchGet(faulty, [{ pk: 'a', sk: 'b' }])).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    });
    proxy.setFaults({ ...NO_AWS_FAULTS, failed: 1 });
    await expect(batchGet(faulty, [{ pk: 'a', sk: 'b' }])).rejects.toMatchObject({
      name: 'InternalServerError',
      $metadata: { httpStatusCode: 500 },
    });
    expect([...proxy.injected]).toEqual([
      ['throttled', 1],
      ['failed', 1],
    ]);
  });

  test('a write whose answer is lost is done', async () => {
    proxy.setFaults({ ...NO_AWS_FAULTS, answerLost: 1 });
    const key = { pk: 'a', sk: 'b' };
    await expect(put({ ...table, dynamodb }, keyOf(key))).rejects.toMatchObject({
      name: 'InternalServerError',
    });
    expect((await batchGet(table, [key])).size).toBe(1);
  });

  test('a batch that is read in part is read whole in the end', async () => {
    const keys = [];
    for (let each = 0; each < 8; each++) keys.push(associationKey((await anAssociation(table, each)).btid));
    proxy.setFaults({ ...NO_AWS_FAULTS, unprocessed: 0.9 });
    expect((await batchGet({ dynamodb, tableName: table.tableName }, keys)).size).toBe(8);
    expect(proxy.injected.get('unprocessed')).toBeGreaterThan(0);
  });
});

describe('between the SDK and queue and bus', () => {
  let server: Server;
  let proxy: AwsFaultsProxy;
  /** Calls that reached AWS. */
  let received: { target: string; body: Record<string, unknown> }[];
  let messages: { MessageId: string; ReceiptHandle: string; Body: string }[];

  beforeEach(async () => {
    received = [];
    messages = [{ MessageId: '1', ReceiptHandle: 'r', Body: 'b' }];
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const target = String(request.headers['x-amz-target']);
      received.push({ target, body: JSON.parse(Buffer.concat(chunks).toString()) });
      response.end(JSON.stringify(target.endsWith('ReceiveMessage') ? { Messages: messages.splice(0) } : {}));
    });
    proxy = await startAwsFaults(`http://127.0.0.1:${await listen(server, 0)}`, seededRandom(1));
  });
  afterEach(async () => {
    await proxy.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('a message comes once more under the same ID and handle, and its deletion may be forgotten', async () => {
    proxy.setFaults({ ...NO_AWS_FAULTS, messageTwice: 1, deleteLost: 1, lateMs: 0 });
    const sqs = new SQSClient({ ...client(proxy.url), md5: false });
    const QueueUrl = `${proxy.url}/0/q`;
    const take = async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages ?? [];
    const [first] = await take();
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    expect(await take()).toEqual([first]);
    expect(await take()).toEqual([]);
    expect(received.map(({ target }) => target)).not.toContain('AmazonSQS.DeleteMessage');
  });

  test('an event comes twice, or after those that came later', async () => {
    const eventBridge = new EventBridgeClient(client(proxy.url));
    const put = (name: string) =>
      eventBridge.send(new PutEventsCommand({ Entries: [{ Source: 's', DetailType: name, Detail: '{}' }] }));
    const names = () =>
      received
        .flatMap(({ body }) => body.Entries as { DetailType: string }[])
        .map(({ DetailType }) => DetailType);
    proxy.setFaults({ ...NO_AWS_FAULTS, eventTwice: 1, lateMs: 10 });
    await put('twice');
    await expect.poll(names).toEqual(['twice', 'twice']);
    proxy.setFaults({ ...NO_AWS_FAULTS, eventLate: 1, lateMs: 500 });
    expect((await put('late')).FailedEntryCount).toBe(0);
    proxy.setFaults(NO_AWS_FAULTS);
    await put('later');
    await expect.poll(names).toEqual(['twice', 'twice', 'later', 'late']);
  });
});
