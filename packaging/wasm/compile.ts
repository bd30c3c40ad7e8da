import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../root.ts';
import { installTool } from '../tools/install.ts';

const SOURCES = join(ROOT, 'lib/native/wasm');
/** The message builder, what opens the MUKs that it takes, and what checks verification messages. */
const ENTRIES = ['messages.ts', 'opening.ts', 'verification.ts'];

/** What is used here of the compiler's interface. */
interface AssemblyScript {
  readonly main: (
    args: readonly string[],
    files: {
      readonly readFile: (path: string) => string | null;
      readonly writeFile: (path: string, contents: string | Uint8Array) => void;
      readonly listFiles: () => readonly string[];
    },
  ) => Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>;
}

/** The AssemblyScript of the module: each file by its name. */
export function readAssembly(): ReadonlyMap<string, string> {
  const names = readdirSync(SOURCES).sort();
  return new Map(names.map((name) => [name, readFileSync(join(SOURCES, name), 'utf8')]));
}

/**
 * Compiles the module to WebAssembly with (relaxed) SIMD, in about two seconds.
 * @throws Error with what the compiler or its installation says
 */
export async function compileAssembly(sources: ReadonlyMap<string, string>): Promise<Uint8Array> {
  const asc = await loadCompiler();
  let compiled: Uint8Array | undefined;
  const options = ['--optimizeLevel', '3', '--noAssert', '--runtime', 'stub'];
  const features = ['--enable', 'simd', '--enable', 'relaxed-simd'];
  // Words of eight messages are passed from one source file to another only.
  const quiet = ['--disableWarning', '112'];
  const { error, stderr } = await asc.main(
    [...ENTRIES, '--outFile', 'module.wasm', ...options, ...features, ...quiet],
    {
      readFile: (path) => sources.get(path) ?? null,
      writeFile: (_path, contents) => {
        if (typeof contents !== 'string') compiled = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || compiled === undefined)
    throw new Error(`lib/native/wasm could not be compiled: ${stderr.toString()}`, { cause: error });
  return compiled;
}

async function loadCompiler(): Promise<AssemblyScript> {
  const program = join(installTool('assemblyscript'), 'assemblyscript/dist/asc.js');
  const { default: asc }: { default: AssemblyScript } = await import(pathToFileURL(program).href);
  return asc;
}
