import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { expect, test } from 'vitest';
import { FUNCTION_ALIASES, FUNCTION_BUNDLING, FUNCTION_NAMES } from '../../cdk/constructs/bundling.ts';
import { ROOT } from '../../cdk/constructs/prebuilt.ts';
import { FUNCTION_BUILD } from '../../packaging/bundles.ts';

/** Their imports load more than they name, such as undici. */
const COSTLY = ['node:fs', 'node:fs/promises', 'node:http', 'node:process', 'node:util'];

async function bundled(name: string): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [join(ROOT, 'functions', name, 'index.ts')],
    ...FUNCTION_BUILD,
    write: false,
    outfile: 'index.mjs',
    metafile: true,
  });
  return metafile;
}

test.each(FUNCTION_NAMES)('%s is one part, and reads no exports of Node that load more', async (name) => {
  const { inputs, outputs } = await bundled(name);
  const later = Object.entries(inputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ kind, path, external }) => kind === 'dynamic-import' && external !== true && !isAlias(path))
      .map(({ path }) => ({ file, path }))
      .filter(({ file }) => Object.values(outputs).some(({ inputs }) => file in inputs)),
  );
  expect(later).toEqual([]);
  const external = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(external.filter((path) => COSTLY.includes(path))).toEqual([]);
});

test('the CDK is told of each alias', () => {
  expect(FUNCTION_BUNDLING.esbuildArgs).toEqual(
    Object.fromEntries(Object.entries(FUNCTION_ALIASES).map(([name, file]) => [`--alias:${name}`, file])),
  );
});

function isAlias(path: string): boolean {
  return Object.values(FUNCTION_ALIASES).some((file) => file.endsWith(path));
}
