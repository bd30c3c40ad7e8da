import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SignatureV4 } from '@smithy/signature-v4';
import { SigningSha256 } from '../functions/aws-calls/signing-sha256.ts';
import type { AwsCall } from '../lib/inventory/aws-call.ts';
import type { ClientSettings } from './stack.ts';

// ECS, CloudWatch and Lambda answer four questions of operators here. Their clients have 7 MB, which
// everybody who installs the package would have.

/** What the SDK in another process needs to reach AWS, or an emulator, as these settings do. */
export interface ResolvedSettings {
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Region and credentials, as the SDK's own clients find them. */
export async function resolvedSettings(settings: ClientSettings): Promise<ResolvedSettings> {
  const { config } = new CloudFormationClient(settings);
  return { region: await config.region(), credentials: await config.credentials() };
}

/** An emulator's address: of the settings, or as the SDK has it from the environment; undefined: AWS. */
export function emulatorOf({ endpoint }: ClientSettings): string | undefined {
  return typeof endpoint === 'string' ? endpoint : process.env.AWS_ENDPOINT_URL;
}

/** How long an answer may take, in ms. */
const ANSWER_MS = 5000;

/** Signed requests to services of AWS that need no client of their own. */
export function awsCallOf(settings: ClientSettings): AwsCall {
  return async ({ service, host, path = '/', headers, body, timeoutMs = ANSWER_MS }) => {
    const { region, credentials } = await resolvedSettings(settings);
    const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    const url = new URL(emulatorOf(settings) ?? `https://${host}.${region}.${suffix}`);
    const signer = new SignatureV4({ service, region, credentials, sha256: SigningSha256 });
    const signed = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path,
      query: {},
      headers: { ...headers, host: url.host },
      body,
    });
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: signed.headers,
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { isOk: answer.ok, text: await answer.text() };
  };
}
