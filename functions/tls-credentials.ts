import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import type { TlsCredentials } from '../lib/key-source/sbi/session.ts';
import { SetupError } from './errors.ts';

const pem = v.pipe(v.string(), v.includes('-----BEGIN '));

const tlsSecret = v.object({
  certificate: v.optional(pem),
  key: v.optional(pem),
  ca: v.optional(pem),
});

/**
 * The credentials of this BM-SC as a client of the network, from a secret of Secrets Manager.
 * @throws SetupError `wrong-secret`, or the SDK's errors
 */
export async function readTlsCredentials(secretArn: string): Promise<TlsCredentials> {
  const { SecretString = '' } = await new SecretsManagerClient({}).send(
    new GetSecretValueCommand({ SecretId: secretArn }),
  );
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), tlsSecret), SecretString);
  if (parsed.success) return parsed.output;
  throw new SetupError('wrong-secret', `the secret ${secretArn} needs PEM texts: certificate, key, ca`);
}
