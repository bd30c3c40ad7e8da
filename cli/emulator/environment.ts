import { LOCAL_CREDENTIALS, LOCAL_ENDPOINT_URL, LOCAL_REGION } from './account.ts';

/**
 * What the SDK and the CDK's command line need to talk to an emulator of AWS: `AWS_ENDPOINT_URL` and
 * credentials of the environment are kept, the rest is filled in.
 */
export function emulatorEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const endpoint = env.AWS_ENDPOINT_URL ?? LOCAL_ENDPOINT_URL;
  return {
    AWS_ENDPOINT_URL: endpoint,
    // The CDK's own client reads the endpoint of S3 from a variable of its own.
    AWS_ENDPOINT_URL_S3: env.AWS_ENDPOINT_URL_S3 ?? endpoint,
    AWS_REGION: env.AWS_REGION ?? LOCAL_REGION,
    AWS_ACCESS_KEY_ID: env.AWS_ACCESS_KEY_ID ?? LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: env.AWS_SECRET_ACCESS_KEY ?? LOCAL_CREDENTIALS.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
