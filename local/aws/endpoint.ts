import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ChangeMessageVisibilityBatchCommand, CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import dynalite from 'dynalite';
import { createRequestHandler } from 'local-aws-sqs';
import * as v from 'valibot';
import { LOCAL_ACCOUNT, LOCAL_CREDENTIALS, LOCAL_REGION } from '../../cli/emulator/account.ts';
import { createEventBus, type LocalEventBus } from './event-bus.ts';
import { createFunctions, type LocalFunctions } from './functions.ts';
import { createKms, KmsError } from './kms.ts';
import { listen } from './listen.ts';
import { createScheduler, SchedulerError } from './scheduler.ts';
import { createLongPolls } from './sqs-long-poll.ts';
import { describeStacksXml, stackNotFoundXml } from './stacks-xml.ts';
import type { ResolvedStacks } from './template.ts';

/** One address that stands in for AWS: DynamoDB, SQS, EventBridge and its Scheduler, KMS, Secrets Manager, CloudFormation's outputs. */
export interface AwsEndpoint {
  readonly url: string;
  readonly onEvent: LocalEventBus['onEvent'];
  /** The functions that rules have as targets, once they are started. */
  readonly functions: LocalFunctions;
  readonly close: () => Promise<void>;
}

/** What the names of KMS's actions begin with. */
const KMS_TARGET = 'TrentService.';

/**
 * Starts the stand-in on loopback, with the tables, queues, bus, rules, keys and secrets of the stacks.
 * @throws PortTakenError
 */
export async function startAwsEndpoint(stacks: ResolvedStacks, port: number): Promise<AwsEndpoint> {
  const dynamodb = dynalite({ createTableMs: 0 });
  const sqs = createRequestHandler({
    port,
    hostname: '127.0.0.1',
    accountId: LOCAL_ACCOUNT,
    region: LOCAL_REGION,
  });
  const client = {
    endpoint: `http://127.0.0.1:${port}`,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
  };
  const sqsClient = new SQSClient(client);
  const functions = createFunctions(stacks, sqsClient);
  const bus = createEventBus(stacks, sqsClient, functions);
  const scheduler = createScheduler(stacks, bus.putEvents);
  const kms = createKms(stacks.resourcesOfType('AWS::KMS::Key').map(({ arn }) => arn));
  const secrets = new Map(
    stacks
      .resourcesOfType('AWS::SecretsManager::Secret')
      .map(({ arn }) => [arn, randomBytes(48).toString('base64url')]),
  );

  const longPolls = createLongPolls(sqs.requestHandler, (QueueUrl, handles) =>
    sqsClient.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: handles.map((ReceiptHandle, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: 0,
        })),
      }),
    ),
  );
  const server = createServer((request, response) => {
    const target = String(request.headers['x-amz-target'] ?? '');
    if (target.startsWith('DynamoDB_')) dynamodb.emit('request', request, response);
    else if (target === 'AmazonSQS.ReceiveMessage') void longPolls.receive(request, response);
    else if (target.startsWith('AmazonSQS.')) {
      response.on('finish', longPolls.wake);
      void sqs.requestHandler(request, response);
    } else void answer(request, response, target);
  });

  const answer = async (request: IncomingMessage, response: ServerResponse, target: string) => {
    const body = await textOf(request);
    try {
      if (target === 'AWSEvents.PutEvents') return json(response, 200, await bus.putEvents(JSON.parse(body)));
      if (target.startsWith(KMS_TARGET))
        return json(response, 200, kms.answer(target.slice(KMS_TARGET.length), JSON.parse(body)));
      if (target === 'secretsmanager.GetSecretValue') {
        const { SecretId } = JSON.parse(body) as { SecretId?: string };
        const SecretString = secrets.get(SecretId ?? '');
        if (SecretString === undefined)
          return json(response, 400, { __type: 'ResourceNotFoundException', message: 'no such secret' });
        return json(response, 200, { ARN: SecretId, SecretString });
      }
      const url = new URL(request.url ?? '/', client.endpoint);
      if (url.pathname.startsWith('/schedules/'))
        return json(response, 200, scheduler.answer(request.method ?? '', url, body));
      const form = new URLSearchParams(body);
      if (form.get('Action') === 'DescribeStacks') {
        const stackName = form.get('StackName') ?? '';
        const outputs = stacks.outputsOf(stackName);
        if (outputs === undefined) return xml(response, 400, stackNotFoundXml(stackName));
        return xml(response, 200, describeStacksXml(stackName, outputs));
      }
      const what = target || form.get('Action') || request.url;
      json(response, 400, {
        __type: 'UnknownOperationException',
        message: `the local system has no ${what}`,
      });
    } catch (error) {
      const isRefusal = error instanceof KmsError || error instanceof SchedulerError;
      const type = isRefusal ? error.name : 'ValidationException';
      response.setHeader('x-amzn-errortype', type);
      json(response, error instanceof SchedulerError ? error.status : 400, {
        __type: type,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  };

  await listen(server, port);
  try {
    await createTables(stacks, new DynamoDBClient(client));
    await createQueues(stacks, sqsClient);
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    url: client.endpoint,
    onEvent: bus.onEvent,
    functions,
    close: async () => {
      scheduler.close();
      await closeServers(server, dynamodb);
    },
  };
}

const tableProperties = v.object({
  AttributeDefinitions: v.array(
    v.object({ AttributeName: v.string(), AttributeType: v.picklist(['S', 'N', 'B']) }),
  ),
  KeySchema: v.array(v.object({ AttributeName: v.string(), KeyType: v.picklist(['HASH', 'RANGE']) })),
  BillingMode: v.picklist(['PAY_PER_REQUEST', 'PROVISIONED']),
});

async function createTables(stacks: ResolvedStacks, dynamodb: DynamoDBClient): Promise<void> {
  for (const { physicalName, properties } of stacks.resourcesOfType('AWS::DynamoDB::Table')) {
    const { AttributeDefinitions, KeySchema, BillingMode } = v.parse(tableProperties, properties);
    await dynamodb.send(
      new CreateTableCommand({ TableName: physicalName, AttributeDefinitions, KeySchema, BillingMode }),
    );
  }
}

/** Queues that others send their dead letters to come first. */
async function createQueues(stacks: ResolvedStacks, sqs: SQSClient): Promise<void> {
  const queues = stacks.resourcesOfType('AWS::SQS::Queue');
  const hasRedrive = ({ properties }: (typeof queues)[number]) => ('RedrivePolicy' in properties ? 1 : 0);
  for (const { physicalName, properties } of [...queues].sort(
    (one, other) => hasRedrive(one) - hasRedrive(other),
  )) {
    const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy } = properties;
    const attributes = {
      ...(VisibilityTimeout === undefined ? {} : { VisibilityTimeout: String(VisibilityTimeout) }),
      ...(MessageRetentionPeriod === undefined
        ? {}
        : { MessageRetentionPeriod: String(MessageRetentionPeriod) }),
      ...(RedrivePolicy === undefined ? {} : { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
    };
    await sqs.send(new CreateQueueCommand({ QueueName: physicalName, Attributes: attributes }));
  }
}

async function closeServers(server: Server, dynamodb: Server): Promise<void> {
  dynamodb.removeAllListeners();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(value));
}

function xml(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
}
