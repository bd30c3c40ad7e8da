import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { CreateTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { openTableClient } from '../../functions/aws-calls/table-client.ts';
import { createKeyStore, type KeyStoreResources } from '../../lib/store/create-key-store.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { startKms, type TestKms } from './kms.ts';

/**
 * A table on a DynamoDB emulator, reached through the SDK over a socket, and the calls that it got; with a
 * KMS.
 */
export interface TestTable extends KeyStore, KeyStoreResources {
  readonly testKms: TestKms;
  readonly calls: string[];
  readonly endpointUrl: string;
  readonly close: () => Promise<void>;
}

/** Starts an emulator of its own with the table of the key store. */
export async function startTable(): Promise<TestTable> {
  const server: Server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const endpointUrl = `http://127.0.0.1:${port}`;
  const dynamodb = openTableClient({
    endpoint: endpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    // Tests add middleware while calls go on.
    cacheMiddleware: false,
  });
  const tableName = `key-store-${randomBytes(4).toString('hex')}`;
  await dynamodb.send(
    new CreateTableCommand({
      TableName: tableName,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await waitUntilTableExists(
    { client: dynamodb, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.1 },
    { TableName: tableName },
  );
  const calls: string[] = [];
  dynamodb.middlewareStack.add(
    (next, context) => (args) => {
      calls.push(String(context.commandName).replace(/Command$/, ''));
      return next(args);
    },
    { step: 'initialize' },
  );
  const testKms = await startKms();
  const resources = { dynamodb, tableName, kms: testKms.kms, keyArn: testKms.keyArn };
  return {
    ...resources,
    dataKeys: createKeyStore(resources).dataKeys,
    testKms,
    calls,
    endpointUrl,
    close: async () => {
      await testKms.close();
      dynamodb.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Does something once, just before the next command of this name goes to DynamoDB: what another instance
 * does meanwhile. What it throws is what that command throws.
 */
export function beforeNext(
  { dynamodb }: Pick<TestTable, 'dynamodb'>,
  commandName: string,
  action: () => Promise<unknown>,
): void {
  let isDue = true;
  dynamodb.middlewareStack.add(
    (next, context) => async (args) => {
      if (isDue && context.commandName === commandName) {
        isDue = false;
        await action();
      }
      return next(args);
    },
    { step: 'initialize' },
  );
}
