import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { loadBuilders } from './actors/builders.ts';

/**
 * Lets the SDK and lib/native read once what they read from files, before time is virtual: afterwards they
 * wait for nothing that is not of the simulation. The SDK's files are none, so that no machine differs from
 * another.
 */
export async function warmUp(): Promise<void> {
  Object.assign(process.env, {
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    POWERTOOLS_METRICS_DISABLED: 'true',
    POWERTOOLS_METRICS_NAMESPACE: 'Simulated',
    POWERTOOLS_SERVICE_NAME: 'simulated',
  });
  await loadBuilders();
  const nobody = {
    maxAttempts: 1,
    region: 'us-east-1',
    credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: () => Promise.reject(new Error('only the way here counts')),
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
      destroy: () => {},
    },
  };
  const entry = { Source: 'simulated', DetailType: 'none', Detail: '{}' };
  await Promise.allSettled([
    new DynamoDBClient(nobody).send(new ListTablesCommand({})),
    new EventBridgeClient(nobody).send(new PutEventsCommand({ Entries: [entry] })),
    new KMSClient(nobody).send(new ListKeysCommand({})),
    new SchedulerClient(nobody).send(new GetScheduleCommand({ Name: 'none' })),
    new SecretsManagerClient(nobody).send(new GetSecretValueCommand({ SecretId: 'none' })),
    new SQSClient(nobody).send(new ListQueuesCommand({})),
  ]);
}
