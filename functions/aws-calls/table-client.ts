import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { getSchemaSerdePlugin } from '@smithy/core/schema';
import { rememberRequests } from './known-requests.ts';
import { SHARED, withOneSigner } from './settings.ts';
import { bodyOfInput, TableProtocol } from './table-codec.ts';
import type { WayToAws } from './way-to-aws.ts';
import { withoutSdkLog } from './without-sdk-log.ts';

const TABLE_COMMANDS = [
  'GetItemCommand',
  'BatchGetItemCommand',
  'QueryCommand',
  'PutItemCommand',
  'UpdateItemCommand',
  'DeleteItemCommand',
];

/**
 * The DynamoDB client of a function that calls all day. It is the SDK's client with the SDK's retries,
 * time-outs, errors and signatures; what the SDK does for each call anew and always the same, this one does
 * once (docs/adr/0013-the-sdk-off-the-hot-path.md). Middleware is added before the first call.
 */
export function openTableClient({
  openTable,
  ...config
}: DynamoDBClientConfig & Pick<WayToAws, 'openTable'> = {}): DynamoDBClient {
  const { maxAttempts } = config;
  if (openTable !== undefined) return openTable(typeof maxAttempts === 'number' ? maxAttempts : undefined);
  const client = new DynamoDBClient({ ...SHARED, protocol: TableProtocol, ...config });
  client.middlewareStack.use(withFewSettings(client.config));
  rememberRequests(client.middlewareStack, {
    commands: TABLE_COMMANDS,
    isUsual: hasNoArn,
    bodyOf: bodyOfInput,
  });
  return withOneSigner(withoutSdkLog(client));
}

/** A table named by its ARN may be another account's, which has an endpoint of its own. */
function hasNoArn(input: object): boolean {
  const names = 'TableName' in input ? [input.TableName] : Object.keys(requestItemsOf(input));
  return !names.some((name) => String(name).startsWith('arn:'));
}

function requestItemsOf(input: object): object {
  return 'RequestItems' in input && input.RequestItems instanceof Object ? input.RequestItems : {};
}

/**
 * The SDK's own middleware that encodes and decodes. It copies all settings of the client for each call: of
 * these there are few.
 */
function withFewSettings(config: Parameters<typeof getSchemaSerdePlugin>[0]) {
  const { protocol, urlParser, requestHandler, disableHostPrefix, streamCollector } = config;
  const { base64Decoder, base64Encoder, utf8Decoder, utf8Encoder } = config;
  const codecs = { base64Decoder, base64Encoder, utf8Decoder, utf8Encoder, streamCollector };
  return getSchemaSerdePlugin({ protocol, urlParser, requestHandler, disableHostPrefix, ...codecs });
}
