import { randomBytes } from 'node:crypto';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { publishEvents } from '../../lib/events/publish.ts';
import type { KeyRequestContext } from '../../lib/key-management/context.ts';
import { NonceSecrets } from '../../lib/key-management/nonce-secrets.ts';
import { DEFAULT_PAYLOAD_PROFILE } from '../../lib/key-management/payload/payload-profile.ts';
import { RotatingSecret, type SecretVersions } from '../../lib/key-management/rotating-secret.ts';
import type { LookUp } from '../../lib/key-source/key-source.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { loadUserServices } from '../../lib/store/registration/user-service.ts';
import { openBusClient } from '../aws-calls/bus-client.ts';
import { openTableClient } from '../aws-calls/table-client.ts';
import type { WayToAws } from '../aws-calls/way-to-aws.ts';
import { traceHeaderOfCourse } from '../course.ts';
import { KEY_REQUEST_VARIABLE } from '../environment-variables.ts';
import { SetupError } from '../errors.ts';
import { commaList, parseVariables, wholeNumber } from '../parse-variables.ts';
import { keySourcesOfText } from './key-source-settings.ts';
import { createKeySources } from './key-sources.ts';
import { payloadProfileOfText } from './payload-profile-variable.ts';
import { type ServiceDescriptionContext, serviceDescriptionOfText } from './service-description.ts';

const SCHEMAS = {
  tableName: v.string(),
  keyArn: v.string(),
  eventBusName: v.string(),
  nonceSecretArn: v.string(),
  originSecretArn: v.optional(v.string()),
  nafFqdn: v.string(),
  keyManagementPath: v.optional(v.string(), '/keymanagement'),
  digestQop: v.optional(commaList(v.picklist(['auth', 'auth-int'])), 'auth-int'),
  digestAlgorithms: v.optional(commaList(v.picklist(['MD5', 'SHA-256'])), 'MD5'),
  nonceLifetimeSeconds: v.optional(wholeNumber(1, 86_400), '300'),
  uePort: v.optional(wholeNumber(1, 65_535), '2269'),
  correlationHeader: v.optional(v.string()),
  keySources: v.optional(keySourcesOfText),
  payloadProfile: v.optional(payloadProfileOfText),
  serviceDescription: v.optional(serviceDescriptionOfText),
};

/** Who learns what happens beside the answers. */
export interface KeyRequestObservers {
  /** A secret can't be read again; the versions that are held stay in use. */
  readonly onFailedRead: (error: unknown) => void;
  /** The network was asked for keys; it took `ms`. */
  readonly onLookUp: (lookUp: LookUp, ms: number) => void;
}

/** What the handler works with. */
export interface KeyRequestParts extends KeyRequestContext {
  /** Undefined where service descriptions are not served. */
  readonly serviceDescription: ServiceDescriptionContext | undefined;
}

/** Octets a secret must have at least. */
const MIN_SECRET_LENGTH = 32;

/**
 * What the handler works with, made once for each instance of the Lambda: clients, settings, the nonce
 * secrets that all instances share, and the secret of the edge where there is one.
 * @throws SetupError that names what is wrong when the environment is not as the stack sets it
 */
export async function createContext(
  env: NodeJS.ProcessEnv,
  { onFailedRead, onLookUp }: KeyRequestObservers,
  way: WayToAws = {},
): Promise<KeyRequestParts> {
  const settings = parseVariables(KEY_REQUEST_VARIABLE, SCHEMAS, env);
  // Made when there is something to publish: most first answers are challenges, and do without.
  let eventBridge: EventBridgeClient | undefined;
  const bus = () => {
    eventBridge ??= openBusClient(way);
    return { eventBridge, eventBusName: settings.eventBusName, traceHeader: traceHeaderOfCourse };
  };
  const store = createKeyStore({
    dynamodb: openTableClient(way),
    tableName: settings.tableName,
    kms: () => new KMSClient(way),
    keyArn: settings.keyArn,
  });
  const secrets = new SecretsManagerClient(way);
  const sourceOf = (arn: string) => ({ read: () => readVersions(secrets, arn), onFailedRead });
  const { keySources: sources, nafFqdn, nonceSecretArn, originSecretArn } = settings;
  const [nonceSecrets, originSecret, keySources] = await Promise.all([
    readVersions(secrets, nonceSecretArn),
    originSecretArn === undefined
      ? undefined
      : readVersions(secrets, originSecretArn).then(
          (versions) => new RotatingSecret(sourceOf(originSecretArn), versions, Date.now()),
        ),
    sources && createKeySources(sources, { nafFqdn, table: store, onLookUp }),
  ]);
  return {
    serviceDescription: descriptionsOf(settings, store),
    settings: {
      nafFqdn,
      path: settings.keyManagementPath,
      qop: settings.digestQop,
      algorithms: settings.digestAlgorithms,
      nonceLifetimeMs: settings.nonceLifetimeSeconds * 1000,
      payloadProfile: settings.payloadProfile ?? DEFAULT_PAYLOAD_PROFILE,
      uePort: settings.uePort,
      lifetimeWithoutExpiryMs: (sources?.lifetimeHours ?? 24) * 3_600_000,
      mrkRule: sources?.mrkRule ?? 'ks-ext-naf',
    },
    keySources: keySources ?? {},
    store,
    nonceSecrets: new NonceSecrets(sourceOf(nonceSecretArn), nonceSecrets, Date.now()),
    originSecret,
    publish: (events) => publishEvents(bus(), events),
    now: Date.now,
    randomOctets: (length) => randomBytes(length),
  };
}

function descriptionsOf(
  {
    serviceDescription,
    nafFqdn,
    keyManagementPath,
  }: v.InferOutput<v.ObjectSchema<typeof SCHEMAS, undefined>>,
  store: KeyStore,
): ServiceDescriptionContext | undefined {
  return (
    serviceDescription && {
      settings: serviceDescription,
      keyManagementUrl: `https://${nafFqdn}${keyManagementPath}`,
      loadService: async (serviceId) => (await loadUserServices(store, [serviceId])).get(serviceId),
    }
  );
}

/** Both versions of a secret; one that was never changed has no previous version. */
async function readVersions(secrets: SecretsManagerClient, secretArn: string): Promise<SecretVersions> {
  const [current, previous] = await Promise.all([
    readSecret(secrets, secretArn, 'AWSCURRENT'),
    readSecret(secrets, secretArn, 'AWSPREVIOUS').catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }),
  ]);
  return { current, previous };
}

async function readSecret(
  secrets: SecretsManagerClient,
  secretArn: string,
  stage: string,
): Promise<SecretKey> {
  const { SecretString = '' } = await secrets.send(
    new GetSecretValueCommand({ SecretId: secretArn, VersionStage: stage }),
  );
  const octets = Buffer.from(SecretString);
  if (octets.length < MIN_SECRET_LENGTH) {
    throw new SetupError(
      'short-secret',
      `the secret ${secretArn} needs at least ${MIN_SECRET_LENGTH} characters`,
    );
  }
  return new SecretKey(octets);
}
