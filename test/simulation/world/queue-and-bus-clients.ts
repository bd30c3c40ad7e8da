import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { namedErrorOf, VirtualClient } from './virtual-client.ts';
import type { World } from './world.ts';

/** A client of the simulated queue without the SDK under it. */
export function openVirtualQueue(world: World, attempts?: number): SQSClient {
  return clientOf(world, 'AmazonSQS', attempts) as unknown as SQSClient;
}

/** A client of the simulated bus without the SDK under it. */
export function openVirtualBus(world: World, attempts?: number): EventBridgeClient {
  return clientOf(world, 'AWSEvents', attempts) as unknown as EventBridgeClient;
}

/** It has of a client what the code uses, and no more. */
function clientOf(world: World, prefix: string, attempts: number | undefined): VirtualClient {
  const service = {
    prefix,
    textOf: JSON.stringify,
    answer: (action: string, input: object, hungUp: AbortSignal) =>
      // Without what is undefined, as it goes over HTTP.
      world.aws.answerService(prefix, action, JSON.parse(JSON.stringify(input)), hungUp),
    errorOf: namedErrorOf,
  };
  return new VirtualClient(world, service, attempts);
}
