import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { publishEvents } from '../../lib/events/publish.ts';
import type { KeyRequestContext } from '../../lib/key-management/context.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { parseVariables } from '../variables.ts';

const list = <const T extends readonly string[]>(allowed: T) =>
  v.pipe(
    v.string(),
    v.transform((text) => text.split(',').map((part) => part.trim())),
    v.array(v.picklist(allowed)),
    v.minLength(1),
  );
const whole = (min: number, max: number) =>
  v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(min), v.maxValue(max));

const environment = v.object({
  BMSC_TABLE_NAME: v.string(),
  BMSC_KEY_ARN: v.string(),
  BMSC_EVENT_BUS_NAME: v.string(),
  BMSC_NONCE_SECRET_ARN: v.string(),
  BMSC_ORIGIN_SECRET_ARN: v.optional(v.string()),
  BMSC_NAF_FQDN: v.string(),
  BMSC_KEY_MANAGEMENT_PATH: v.optional(v.string(), '/keymanagement'),
  BMSC_DIGEST_QOP: v.optional(list(['auth', 'auth-int']), 'auth-int'),
  BMSC_DIGEST_ALGORITHMS: v.optional(list(['MD5', 'SHA-256']), 'MD5'),
  BMSC_NONCE_LIFETIME_S: v.optional(whole(1, 86_400), '300'),
  BMSC_UE_PORT: v.optional(whole(1, 65_535), '2269'),
});

/** Octets a secret must have at least. */
const MIN_SECRET_LENGTH = 32;

/**
 * What the handler works with, made once for each instance of the Lambda: clients, settings, the nonce secret
 * that all instances share, and the secret of the edge where there is one.
 * @throws Error that names the variable when the environment is not as the stack sets it
 */
export async function createContext(env: NodeJS.ProcessEnv): Promise<KeyRequestContext> {
  const settings = parseVariables(environment, env);
  // Made when there is something to publish: most first answers are challenges, and do without.
  let eventBridge: EventBridgeClient | undefined;
  const bus = () => {
    eventBridge ??= new EventBridgeClient({});
    return { eventBridge, eventBusName: settings.BMSC_EVENT_BUS_NAME };
  };
  const store = createKeyStore({
    dynamodb: new DynamoDBClient({}),
    tableName: settings.BMSC_TABLE_NAME,
    kms: () => new KMSClient({}),
    keyArn: settings.BMSC_KEY_ARN,
  });
  const [nonceSecret, originSecret] = await Promise.all([
    loadSecret(settings.BMSC_NONCE_SECRET_ARN),
    settings.BMSC_ORIGIN_SECRET_ARN === undefined ? undefined : loadSecret(settings.BMSC_ORIGIN_SECRET_ARN),
  ]);
  return {
    settings: {
      nafFqdn: settings.BMSC_NAF_FQDN,
      path: settings.BMSC_KEY_MANAGEMENT_PATH,
      qop: settings.BMSC_DIGEST_QOP,
      algorithms: settings.BMSC_DIGEST_ALGORITHMS,
      nonceLifetimeMs: settings.BMSC_NONCE_LIFETIME_S * 1000,
      uePort: settings.BMSC_UE_PORT,
      originSecret,
    },
    store,
    nonceSecret,
    publish: (events) => publishEvents(bus(), events),
    now: Date.now,
    randomOctets: (length) => randomBytes(length),
  };
}

async function loadSecret(secretArn: string): Promise<SecretKey> {
  const { SecretString = '' } = await new SecretsManagerClient({}).send(
    new GetSecretValueCommand({ SecretId: secretArn }),
  );
  const octets = Buffer.from(SecretString);
  if (octets.length < MIN_SECRET_LENGTH) {
    throw new Error(`the secret ${secretArn} needs at least ${MIN_SECRET_LENGTH} characters`);
  }
  return new SecretKey(octets);
}
