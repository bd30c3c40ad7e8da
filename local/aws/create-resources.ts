import { CreateTableCommand, DynamoDBClient, ResourceInUseException } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../cli/emulator/account.ts';
import type { LocalSqs } from './sqs.ts';
import type { ResolvedStacks } from './template.ts';

const tableProperties = v.object({
  AttributeDefinitions: v.array(
    v.object({ AttributeName: v.string(), AttributeType: v.picklist(['S', 'N', 'B']) }),
  ),
  KeySchema: v.array(v.object({ AttributeName: v.string(), KeyType: v.picklist(['HASH', 'RANGE']) })),
  BillingMode: v.picklist(['PAY_PER_REQUEST', 'PROVISIONED']),
});

/** Creates the tables of the stacks, unless they are there, through the endpoint, which must listen. */
export async function createTables(stacks: ResolvedStacks, endpoint: string): Promise<void> {
  const dynamodb = new DynamoDBClient({ endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS });
  for (const { physicalName, properties } of stacks.resourcesOfType('AWS::DynamoDB::Table')) {
    const { AttributeDefinitions, KeySchema, BillingMode } = v.parse(tableProperties, properties);
    const create = { TableName: physicalName, AttributeDefinitions, KeySchema, BillingMode };
    await dynamodb.send(new CreateTableCommand(create)).catch((error: unknown) => {
      if (!(error instanceof ResourceInUseException)) throw error;
    });
  }
  dynamodb.destroy();
}

/** Creates the queues of the stacks. */
export function createQueues(stacks: ResolvedStacks, sqs: LocalSqs): void {
  for (const { physicalName, properties } of stacks.resourcesOfType('AWS::SQS::Queue')) {
    const { VisibilityTimeout, RedrivePolicy } = properties;
    sqs.createQueue({
      QueueName: physicalName,
      Attributes: {
        ...(VisibilityTimeout === undefined ? {} : { VisibilityTimeout: String(VisibilityTimeout) }),
        ...(RedrivePolicy === undefined ? {} : { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
      },
    });
  }
}
