import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import {
  type BundlingOptions,
  LogLevel,
  type NodejsFunctionProps,
  OutputFormat,
} from 'aws-cdk-lib/aws-lambda-nodejs';
import { prebuiltFolder, ROOT } from './prebuilt.ts';

/**
 * Ways to credentials that the SDK imports only where there are none in the environment, as in Lambda there
 * always are: a fifth of the bundle.
 */
const CREDENTIAL_PROVIDERS_NOT_NEEDED = [
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

/** How each Lambda is made one file; the SDK is part of it, for that of the runtime loads slower. */
export const FUNCTION_BUNDLING = {
  format: OutputFormat.ESM,
  mainFields: ['module', 'main'],
  minify: true,
  logLevel: LogLevel.ERROR,
  sourceMap: false,
  target: 'node24',
  bundleAwsSDK: true,
  externalModules: CREDENTIAL_PROVIDERS_NOT_NEEDED,
  // Parts of the bundle that are CommonJS ask for Node's own modules by require.
  banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
} as const satisfies BundlingOptions;

/** The folders of `functions` that are Lambda functions. */
export const FUNCTION_NAMES = [
  'key-request',
  'key-rotation',
  'provisioning',
  'key-export',
  'mbs-feed',
] as const;

/** The code of the function `functions/<name>`: its bundle in the package, else bundled at synthesis. */
export function codeOf(name: (typeof FUNCTION_NAMES)[number]): NodejsFunctionProps {
  const prebuilt = prebuiltFolder('functions');
  if (prebuilt !== undefined) return { handler: `${name}.handler`, code: Code.fromAsset(prebuilt) };
  return {
    handler: 'handler',
    entry: join(ROOT, 'functions', name, 'index.ts'),
    depsLockFilePath: join(ROOT, 'package-lock.json'),
    projectRoot: ROOT,
    bundling: FUNCTION_BUNDLING,
  };
}
