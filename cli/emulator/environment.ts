/** Where an emulator of AWS listens unless told otherwise. */
export const DEFAULT_ENDPOINT_URL = 'http://127.0.0.1:4566';

export const EMULATOR_REGION = 'us-east-1';

/**
 * What the SDK and the CDK's command line need to talk to an emulator of AWS: `AWS_ENDPOINT_URL` and
 * credentials of the environment are kept, the rest is filled in.
 */
export function emulatorEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const endpoint = env.AWS_ENDPOINT_URL ?? DEFAULT_ENDPOINT_URL;
  return {
    AWS_ENDPOINT_URL: endpoint,
    // The CDK's own client asks for S3 by a variable of its own.
    AWS_ENDPOINT_URL_S3: env.AWS_ENDPOINT_URL_S3 ?? endpoint,
    AWS_REGION: env.AWS_REGION ?? EMULATOR_REGION,
    AWS_ACCESS_KEY_ID: env.AWS_ACCESS_KEY_ID ?? 'test',
    AWS_SECRET_ACCESS_KEY: env.AWS_SECRET_ACCESS_KEY ?? 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
