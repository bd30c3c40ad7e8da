import { type BuildOptions, build, type Metafile } from 'esbuild';

/** A service that runs in an image of its own. */
export type ServiceName = 'key-distribution' | 'zn' | 'traffic';

export const SERVICES: readonly ServiceName[] = ['key-distribution', 'zn', 'traffic'];

/** How services are bundled: only what is optional and has no JavaScript of its own stays outside. */
export const SERVICE_BUNDLING = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  external: ['koffi'],
  // Parts of a bundle that are CommonJS ask for Node's own modules by require.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  logLevel: 'error',
  metafile: true,
} satisfies BuildOptions;

/** The file that a service begins with. */
export function entryOf(name: ServiceName): string {
  return new URL(`${name}/main.ts`, import.meta.url).pathname;
}

/**
 * Bundles a service into one file of JavaScript for Node 24. @returns what the file is made from
 */
export async function bundleService(name: ServiceName, file: string): Promise<Metafile> {
  const { metafile } = await build({ ...SERVICE_BUNDLING, entryPoints: [entryOf(name)], outfile: file });
  return metafile;
}

if (process.argv[1] === import.meta.filename) {
  const [, , name, file = 'main.mjs'] = process.argv;
  const service = SERVICES.find((each) => each === name);
  if (service === undefined) throw new Error(`no service of functions is ${name}`);
  await bundleService(service, file);
}
