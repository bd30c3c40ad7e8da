import { fork } from 'node:child_process';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SettingsInput } from '../../cdk/settings/index.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../cli/emulator/account.ts';
import { SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import type { EventBus } from '../../lib/events/publish.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import type { BusEvent } from '../../local/aws/event-bus.ts';
import { freePorts } from '../free-ports.ts';
import { endWithThisProcess } from './children.ts';

/** Messages of the process that stands in for AWS. */
export type CloudMessage =
  | { readonly kind: 'ready'; readonly url: string; readonly environment: Record<string, string> }
  | { readonly kind: 'event'; readonly event: BusEvent };

/** Clients of an endpoint of AWS, as the harness itself uses them. */
export interface CloudClients {
  readonly store: KeyStore;
  readonly sqs: SQSClient;
  readonly bus: EventBus;
  readonly queueUrl: string;
}

/** AWS in a process of its own, with what the stacks define. */
export interface Cloud extends CloudClients {
  readonly url: string;
  /** The environment that the sender's container is defined with. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same clients by another address, such as a proxy's. */
  readonly by: (url: string) => CloudClients;
  readonly onEvent: (listener: (event: BusEvent) => void) => void;
  readonly close: () => Promise<void>;
}

/**
 * Starts it; `visibilityTimeoutS` takes the place of the queues' own, so that a killed sender's work comes
 * again soon.
 */
export async function startCloud(visibilityTimeoutS: number, settings: SettingsInput): Promise<Cloud> {
  const { endpoint: port } = await freePorts();
  const child = endWithThisProcess(
    fork(join(import.meta.dirname, 'cloud-process.ts'), [
      String(port),
      String(visibilityTimeoutS),
      JSON.stringify(settings),
    ]),
  );
  const listeners: ((event: BusEvent) => void)[] = [];
  const { url, environment } = await new Promise<{ url: string; environment: Record<string, string> }>(
    (resolve, reject) => {
      child.on('message', (message: CloudMessage) => {
        if (message.kind === 'ready') resolve(message);
        else for (const listener of listeners) listener(message.event);
      });
      child.once('exit', (code) => reject(new Error(`the stand-in for AWS ended with code ${code}`)));
    },
  );
  return {
    ...clientsOf(url, environment),
    url,
    environment,
    by: (other) => clientsOf(other, environment),
    onEvent: (listener) => void listeners.push(listener),
    close: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function clientsOf(url: string, environment: Readonly<Record<string, string>>): CloudClients {
  const client = { endpoint: url, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  const {
    [SENDER_VARIABLE.tableName]: tableName = '',
    [SENDER_VARIABLE.keyArn]: keyArn = '',
    [SENDER_VARIABLE.eventBusName]: eventBusName = '',
    [SENDER_VARIABLE.queueUrl]: queueUrl = '',
  } = environment;
  return {
    store: createKeyStore({
      dynamodb: new DynamoDBClient(client),
      tableName,
      kms: () => new KMSClient(client),
      keyArn,
    }),
    sqs: new SQSClient(client),
    bus: { eventBridge: new EventBridgeClient(client), eventBusName },
    queueUrl: queueUrlAt(url, queueUrl),
  };
}

/** The URL of a queue by another address: SQS's client goes where the queue's URL says. */
export function queueUrlAt(url: string, queueUrl: string): string {
  return new URL(new URL(queueUrl).pathname, url).href;
}
