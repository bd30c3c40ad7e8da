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
 * What the SDK imports only when it needs it, and here never does: ways to credentials where there are none
 * in the environment, as in Lambda there always are, and streams of events, which no command has. They are a
 * fifth of the bundle, and while one part is imported later, the bundler wraps each module that it shares
 * with others: that takes a fifth of the evaluation.
 */
const NOT_NEEDED = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/core/event-streams',
  '@smithy/credential-provider-imds',
];

/**
 * What the functions import in the place of modules of Node. An `import` of a module of Node reads each of
 * its exports, and some load more when they are read: that of HTTP loads undici, a fifth of a cold start.
 */
export const FUNCTION_ALIASES: Readonly<Record<string, string>> = Object.fromEntries(
  ['fs', 'fs/promises', 'http', 'process', 'util'].map((name) => [
    `node:${name}`,
    join(ROOT, 'functions/builtins', `${name.replace('/', '-')}.cjs`),
  ]),
);

/** How each Lambda is made one file; the SDK is part of it, for that of the runtime loads slower. */
export const FUNCTION_BUNDLING = {
  format: OutputFormat.ESM,
  mainFields: ['module', 'main'],
  minify: true,
  logLevel: LogLevel.ERROR,
  sourceMap: false,
  target: 'node24',
  bundleAwsSDK: true,
  externalModules: NOT_NEEDED,
  esbuildArgs: Object.fromEntries(
    Object.entries(FUNCTION_ALIASES).map(([name, file]) => [`--alias:${name}`, file]),
  ),
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
  'mbs-status',
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
