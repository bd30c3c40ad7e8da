import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { FUNCTION_ALIASES, FUNCTION_BUNDLING, FUNCTION_NAMES } from '../cdk/constructs/bundling.ts';
import { PREBUILT_FOLDER, SERVICES_FOLDER } from '../cdk/constructs/prebuilt.ts';
import { entryOf, SERVICE_BUNDLING, SERVICES } from '../functions/bundle-service.ts';
import { koffiLock } from './koffi-lock.ts';
import { ROOT } from './root.ts';
import { MODULE } from './wasm/module.ts';

/**
 * Puts the functions and the services into `tree`, as the construct takes them: functions as one folder for
 * all, services as another, with a Dockerfile for each. @returns what the files are made from
 */
export async function bundle(tree: string): Promise<readonly Metafile[]> {
  const folderOf = (name: string) => join(tree, PREBUILT_FOLDER, name);
  const functions = await bundleFunctions(folderOf('functions'));
  const services = folderOf(SERVICES_FOLDER);
  mkdirSync(services, { recursive: true });
  cpSync(join(ROOT, 'packaging/images'), services, { recursive: true });
  const metafile = await bundleServices(services);
  cpSync(MODULE, join(services, basename(MODULE)));
  const { manifest, lock } = koffiLock();
  writeFileSync(join(services, 'package.json'), JSON.stringify(manifest, null, 2));
  writeFileSync(join(services, 'package-lock.json'), JSON.stringify(lock, null, 2));
  return [functions, metafile];
}

/** As an image bundles a service from its source, but that all share what they have in common. */
async function bundleServices(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    ...SERVICE_BUNDLING,
    entryPoints: Object.fromEntries(SERVICES.map((name) => [name, entryOf(name)])),
    ...SHARED,
    outdir,
  });
  return metafile;
}

/** How bundles share what they have in common, in files of its own. */
const SHARED = {
  outExtension: { '.js': '.mjs' },
  chunkNames: 'shared-[hash]',
  splitting: true,
} as const;

const { banner, externalModules, format, mainFields, minify, target } = FUNCTION_BUNDLING;

/** How the CDK has esbuild bundle a function, for those who call esbuild themselves. */
export const FUNCTION_BUILD = {
  bundle: true,
  platform: 'node',
  banner: { js: banner },
  external: [...externalModules],
  alias: FUNCTION_ALIASES,
  format,
  mainFields: [...mainFields],
  minify,
  target,
  logLevel: 'error',
} satisfies BuildOptions;

/**
 * As the CDK bundles a function from its source, but that all share what they have in common: half of each is
 * the SDK of AWS.
 */
async function bundleFunctions(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: Object.fromEntries(
      FUNCTION_NAMES.map((name) => [name, join(ROOT, 'functions', name, 'index.ts')]),
    ),
    outdir,
    ...FUNCTION_BUILD,
    ...SHARED,
    metafile: true,
  });
  return metafile;
}
