import { build, type Metafile } from 'esbuild';

/** A service that runs in an image of its own. */
export type ServiceName = 'key-distribution' | 'zn' | 'traffic';

/**
 * Bundles a service into one file of JavaScript for Node 24. Only what is optional and has no JavaScript of
 * its own stays outside. @returns what the file is made from
 */
export async function bundleService(name: ServiceName, file: string): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [new URL(`${name}/main.ts`, import.meta.url).pathname],
    outfile: file,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: ['koffi'],
    // Parts of the bundle that are CommonJS ask for Node's own modules by require.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'error',
    metafile: true,
  });
  return metafile;
}

if (process.argv[1] === import.meta.filename) {
  const [, , name, file = 'main.mjs'] = process.argv;
  if (name !== 'key-distribution' && name !== 'zn' && name !== 'traffic')
    throw new Error(`no service of functions is ${name}`);
  await bundleService(name, file);
}
