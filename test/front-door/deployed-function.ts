import { randomBytes } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import { vi } from 'vitest';
import { findBmsc } from '../../cli/stack.ts';
import { KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import type { Invoke } from './gateways/gateway.ts';

/** The deployed handler in the process of the test, on the local system, with and without an edge. */
export interface DeployedFunction {
  readonly system: LocalSystem;
  readonly store: KeyStore;
  readonly plain: Invoke;
  readonly behindEdge: Invoke;
  readonly originSecret: string;
}

/**
 * Starts the local system and loads the function twice, as two Lambda environments with their own settings.
 */
export async function startDeployedFunction(): Promise<DeployedFunction> {
  const system = await startTestSystem();
  Object.assign(process.env, system.lambda.environment, { LOG_LEVEL: 'SILENT' });
  const plain = await loadHandler();
  const secretArn = process.env[KEY_REQUEST_VARIABLE.nonceSecretArn] ?? '';
  process.env[KEY_REQUEST_VARIABLE.originSecretArn] = secretArn;
  const { SecretString = '' } = await new SecretsManagerClient({}).send(
    new GetSecretValueCommand({ SecretId: secretArn }),
  );
  const { stackName: stack, endpointUrl } = system;
  const { store } = await findBmsc({ stack, endpointUrl, local: true });
  return {
    system,
    store,
    plain,
    behindEdge: await loadHandler(),
    originSecret: SecretString,
  };
}

/** A new subscriber with a subscription and an association. */
export async function provisionUe(store: KeyStore, serviceId: string) {
  const impi = parseImpi(`${randomBytes(6).toString('hex')}@home1.net`);
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const ksNaf = new SecretKey(randomBytes(32));
  const keys = mukAndMrkOf({ type: 'GBA_ME', ksNaf });
  await putSubscription(store, impi, serviceId);
  const now = Date.now();
  await putAssociation(store, {
    btid,
    impi,
    gbaType: 'GBA_ME',
    ...keys,
    bootstrappedAt: now,
    expiresAt: now + 3_600_000,
  });
  return { btid, ksNaf, keys };
}

/** Its first event makes the function read its settings, before the next instance gets others. */
async function loadHandler(): Promise<Invoke> {
  vi.resetModules();
  const { handler } = await import('../../functions/key-request/index.ts');
  const invoke: Invoke = (event) => handler(event, { awsRequestId: 'test' } as Context);
  await invoke({
    version: '2.0',
    rawPath: '/',
    rawQueryString: '',
    headers: {},
    requestContext: { requestId: 'warm-up', http: { method: 'GET', sourceIp: '192.0.2.1' } },
  });
  return invoke;
}
