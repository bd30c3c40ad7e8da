import { EventBridgeClient, type EventBridgeClientConfig } from '@aws-sdk/client-eventbridge';
import { rememberRequests } from './known-requests.ts';
import { SHARED, withOneSigner } from './settings.ts';
import type { WayToAws } from './way-to-aws.ts';
import { withoutSdkLog } from './without-sdk-log.ts';

/** The EventBridge client of a function that calls all day, as `openTableClient`. */
export function openBusClient({
  openBus,
  ...config
}: EventBridgeClientConfig & Pick<WayToAws, 'openBus'> = {}): EventBridgeClient {
  const { maxAttempts } = config;
  if (openBus !== undefined) return openBus(typeof maxAttempts === 'number' ? maxAttempts : undefined);
  const client = new EventBridgeClient({ ...SHARED, ...config });
  rememberRequests(client.middlewareStack, {
    commands: ['PutEventsCommand'],
    isUsual: hasNoEndpoint,
    bodyOf: JSON.stringify,
  });
  return withOneSigner(withoutSdkLog(client));
}

/** A global endpoint of the bus is a host of its own. */
function hasNoEndpoint(input: object): boolean {
  return !('EndpointId' in input && input.EndpointId !== undefined);
}
