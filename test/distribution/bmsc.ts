import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../cli/emulator/account.ts';
import { POWERTOOLS_VARIABLE, SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { parseEnvironment } from '../../functions/key-distribution/environment.ts';
import { type Sender, startSender } from '../../functions/key-distribution/sender.ts';
import { type DetailType, EVENT_SOURCE, type EventInput } from '../../lib/events/contracts.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { AwsEndpoint } from '../../local/aws/endpoint.ts';
import type { BusEvent } from '../../local/aws/event-bus.ts';
import { ResolvedStacks, type TemplateResource } from '../../local/aws/template.ts';
import { freePorts } from '../free-ports.ts';

const keySchema = ['pk', 'sk'].map((AttributeName, index) => ({
  AttributeName,
  KeyType: index === 0 ? 'HASH' : 'RANGE',
}));
const RESOURCES: Record<string, TemplateResource> = {
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keySchema,
      BillingMode: 'PAY_PER_REQUEST',
    },
  },
  Key: { Type: 'AWS::KMS::Key' },
  Bus: { Type: 'AWS::Events::EventBus' },
  DeadLetters: { Type: 'AWS::SQS::Queue' },
  Queue: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 3,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] }, maxReceiveCount: 10 },
    },
  },
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventBusName: { Ref: 'Bus' },
      EventPattern: {
        source: [EVENT_SOURCE],
        'detail-type': ['Push MSK', 'Solicit MSK Pull', 'MSK Request Granted', 'UE Registered'],
      },
      Targets: [{ Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
    },
  },
};

/** The half of a BM-SC that distributes: table, queue with a visibility timeout of 3 s, bus, and senders. */
export interface DistributingBmsc {
  readonly store: KeyStore;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
  readonly events: BusEvent[];
  /** The environment of a sender's process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly startSender: (variables?: Record<string, string>, ownClock?: () => number) => Promise<Sender>;
  /** Publishes an event. @returns the ID of the push that it requests */
  readonly ask: <T extends DetailType>(
    detailType: T,
    data: EventInput<T>,
    pushId?: string,
  ) => Promise<string>;
  readonly eventsOf: (detailType: DetailType, pushId?: string) => Record<string, unknown>[];
  /** Messages of the queue, waiting, delayed and in progress, and of its dead-letter queue. */
  readonly queued: () => Promise<{ queue: number; deadLetters: number }>;
  readonly close: () => Promise<void>;
}

/** Starts one on loopback, on a free port. */
export async function startDistributingBmsc(): Promise<DistributingBmsc> {
  const { endpoint: port } = await freePorts();
  const endpointUrl = `http://127.0.0.1:${port}`;
  const stacks = new ResolvedStacks([{ stackName: 'Test', template: { Resources: RESOURCES } }], {
    endpoint: endpointUrl,
    api: endpointUrl,
  });
  const endpoint = await AwsEndpoint.start(stacks, port);
  const client = { endpoint: endpointUrl, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  const { ref: queueUrl } = stacks.resourcesOfType('AWS::SQS::Queue')[1] ?? { ref: '' };
  const { ref: deadLetterUrl } = stacks.resourcesOfType('AWS::SQS::Queue')[0] ?? { ref: '' };
  const tableName = stacks.onlyResource('AWS::DynamoDB::Table').physicalName;
  const keyArn = stacks.onlyResource('AWS::KMS::Key').arn;
  const eventBusName = stacks.onlyResource('AWS::Events::EventBus').physicalName;
  const store = createKeyStore({
    dynamodb: new DynamoDBClient(client),
    tableName,
    kms: () => new KMSClient(client),
    keyArn,
  });
  const bus = { eventBridge: new EventBridgeClient(client), eventBusName };
  const sqs = new SQSClient(client);
  const events: BusEvent[] = [];
  endpoint.onEvent((event) => events.push(event));
  const environment = environmentOf(endpointUrl, {
    tableName,
    keyArn,
    eventBusName,
    queueUrl,
    deadLetterUrl,
  });
  Object.assign(process.env, environment);

  return {
    store,
    sqs,
    queueUrl,
    deadLetterUrl,
    events,
    environment,
    startSender: (variables = {}, ownClock = Date.now) =>
      startSender(parseEnvironment({ ...environment, ...variables }), { ownClock }),
    ask: async (detailType, data, pushId = randomUUID()) => {
      await publishEvents(bus, [newEvent(detailType, data, { eventId: pushId, now: Date.now() })]);
      return pushId;
    },
    eventsOf: (detailType, pushId) =>
      events
        .filter((event) => event['detail-type'] === detailType)
        .map(({ detail }) => detail.data as Record<string, unknown>)
        .filter((data) => pushId === undefined || data.pushId === pushId),
    queued: async () => ({
      queue: await messagesIn(sqs, queueUrl),
      deadLetters: await messagesIn(sqs, deadLetterUrl),
    }),
    close: async () => {
      sqs.destroy();
      store.dynamodb.destroy();
      await endpoint.close();
    },
  };
}

/** The environment of a sender that a test can wait for. */
function environmentOf(
  endpointUrl: string,
  names: Readonly<Record<'tableName' | 'keyArn' | 'eventBusName' | 'queueUrl' | 'deadLetterUrl', string>>,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    [POWERTOOLS_VARIABLE.serviceName]: 'key-distribution',
    [POWERTOOLS_VARIABLE.metricsNamespace]: 'BMSC',
    POWERTOOLS_LOG_LEVEL: 'CRITICAL',
    POWERTOOLS_METRICS_DISABLED: 'true',
    [SENDER_VARIABLE.tableName]: names.tableName,
    [SENDER_VARIABLE.keyArn]: names.keyArn,
    [SENDER_VARIABLE.eventBusName]: names.eventBusName,
    [SENDER_VARIABLE.queueUrl]: names.queueUrl,
    [SENDER_VARIABLE.deadLetterQueueUrl]: names.deadLetterUrl,
    [SENDER_VARIABLE.nafFqdn]: 'bmsc.home1.net',
    [SENDER_VARIABLE.udpAddresses]: '127.0.0.1',
    [SENDER_VARIABLE.udpPort]: '0',
    [SENDER_VARIABLE.healthPort]: '0',
    [SENDER_VARIABLE.workers]: '1',
    [SENDER_VARIABLE.retransmissionFirstSeconds]: '2',
    [SENDER_VARIABLE.visibilityTimeoutSeconds]: '3',
    [SENDER_VARIABLE.pageUes]: '50',
    [SENDER_VARIABLE.perSecond]: '20000',
    [SENDER_VARIABLE.spreadSeconds]: '0',
    [SENDER_VARIABLE.drainSeconds]: '0',
  };
}

/** Messages of a queue: waiting, delayed and in progress. */
async function messagesIn(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  return [
    Attributes.ApproximateNumberOfMessages,
    Attributes.ApproximateNumberOfMessagesNotVisible,
    Attributes.ApproximateNumberOfMessagesDelayed,
  ].reduce((sum, count) => sum + Number(count ?? 0), 0);
}
