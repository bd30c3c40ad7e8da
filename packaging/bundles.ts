import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { FUNCTION_BUNDLING, FUNCTION_NAMES } from '../cdk/constructs/bundling.ts';
import { PREBUILT_FOLDER } from '../cdk/constructs/prebuilt.ts';
import { bundleService } from '../functions/bundle-service.ts';
import { koffiLock } from './koffi-lock.ts';
import { ROOT } from './root.ts';
import { MODULE } from './wasm/module.ts';

/**
 * Puts the functions and each service into `tree`, as the construct takes them: functions as one folder for
 * all, services as what an image is built from. @returns what the files are made from
 */
export async function bundle(tree: string): Promise<readonly Metafile[]> {
  const folderOf = (name: string) => join(tree, PREBUILT_FOLDER, name);
  const made: Metafile[] = [];
  made.push(await bundleFunctions(folderOf('functions')));
  for (const name of ['key-distribution', 'zn', 'traffic'] as const) {
    mkdirSync(folderOf(name), { recursive: true });
    cpSync(join(ROOT, 'packaging/images', name), folderOf(name), { recursive: true });
    made.push(await bundleService(name, join(folderOf(name), 'main.mjs')));
  }
  const sender = folderOf('key-distribution');
  cpSync(MODULE, join(sender, basename(MODULE)));
  const { manifest, lock } = koffiLock();
  writeFileSync(join(sender, 'package.json'), JSON.stringify(manifest, null, 2));
  writeFileSync(join(sender, 'package-lock.json'), JSON.stringify(lock, null, 2));
  return made;
}

/**
 * As the CDK bundles a function from its source, but that all share what they have in common: half of each is
 * the SDK of AWS.
 */
async function bundleFunctions(outdir: string): Promise<Metafile> {
  const { banner, externalModules, format, mainFields, minify, target } = FUNCTION_BUNDLING;
  const { metafile } = await build({
    entryPoints: Object.fromEntries(
      FUNCTION_NAMES.map((name) => [name, join(ROOT, 'functions', name, 'index.ts')]),
    ),
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'shared-[hash]',
    splitting: true,
    bundle: true,
    platform: 'node',
    banner: { js: banner },
    external: [...externalModules],
    format,
    mainFields: [...mainFields],
    minify,
    target,
    logLevel: 'error',
    metafile: true,
  });
  return metafile;
}
