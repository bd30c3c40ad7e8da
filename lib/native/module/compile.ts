import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../wasm');
/** The message builder, what opens the MUKs that it takes, and what checks verification messages. */
const ENTRIES = ['messages.ts', 'opening.ts', 'verification.ts'];

/** The AssemblyScript of the module: each file by its name. */
export function readAssembly(): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(FOLDER)
      .sort()
      .map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]),
  );
}

/**
 * Compiles the module to WebAssembly with (relaxed) SIMD, in about two seconds.
 * @throws Error with what the compiler says; or when it is not installed
 */
export async function compileAssembly(sources: ReadonlyMap<string, string>): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc');
  let compiled: Uint8Array | undefined;
  const options = [
    '--optimizeLevel',
    '3',
    '--noAssert',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--enable',
    'relaxed-simd',
  ];
  // Words of eight messages are passed from one source file to another only.
  const quiet = ['--disableWarning', '112'];
  const { error, stderr } = await asc.main([...ENTRIES, '--outFile', 'module.wasm', ...options, ...quiet], {
    readFile: (path) => sources.get(path) ?? null,
    writeFile: (_path, contents) => {
      if (typeof contents !== 'string') compiled = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || compiled === undefined)
    throw new Error(`the batch builder could not be compiled: ${stderr.toString()}`, { cause: error });
  return compiled;
}
