import { createServer, type Server } from 'node:http';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { withoutSdkLog } from '../../../functions/aws-calls/without-sdk-log.ts';
import { openAwsClients } from '../../../functions/key-distribution/aws-clients.ts';

const ITEM = { pk: { S: 'a' }, octets: { B: Uint8Array.of(1, 2, 3) } };
const OTHER = { pk: { S: 'none' } };
let server: Server;
let endpoint: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const isKnown = !Buffer.concat(chunks).includes('none');
      response.statusCode = isKnown ? 200 : 400;
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(
        isKnown
          ? JSON.stringify({ Item: { pk: { S: 'a' }, octets: { B: 'AQID' } } })
          : JSON.stringify({ __type: 'ResourceNotFoundException', message: 'no such table' }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
});
afterAll(() => server.close());

function clientWith(info: () => void): DynamoDBClient {
  const logger = { trace() {}, debug() {}, info, warn() {}, error: info };
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials, logger });
}

test('the SDK logs no call of a client without its log, and answers and errors are the same', async () => {
  const [asIs, without] = [vi.fn(), vi.fn()];
  for (const [client, isLogged] of [
    [clientWith(asIs), true],
    [withoutSdkLog(clientWith(without)), false],
  ] as const) {
    const { Item } = await client.send(new GetItemCommand({ TableName: 't', Key: { pk: ITEM.pk } }));
    expect(Item).toEqual(ITEM);
    await expect(client.send(new GetItemCommand({ TableName: 't', Key: OTHER }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect((isLogged ? asIs : without).mock.calls.length).toBe(isLogged ? 2 : 0);
  }
});

test('the clients that a sender uses all day have no log of the SDK', () => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  const { sqs, dynamodb, eventBridge } = openAwsClients(() => {});
  for (const { middlewareStack } of [sqs, dynamodb, eventBridge])
    expect(middlewareStack.identify().join(' ')).not.toContain('loggerMiddleware');
  vi.unstubAllEnvs();
});
