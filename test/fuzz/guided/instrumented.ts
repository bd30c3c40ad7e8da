import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { build, transformSync } from 'esbuild';
import { createInstrumenter } from 'istanbul-lib-instrument';
import type { FuzzTarget } from './fuzz-target.ts';

const ROOT = join(import.meta.dirname, '../../..');
const COVERAGE = '__fuzzCoverage';

/** Counters of one file: statements, functions, and the arms of each branch. */
interface FileCounters {
  readonly s: Record<string, number>;
  readonly f: Record<string, number>;
  readonly b: Record<string, number[]>;
}

/** A decoder, and the counters of its files. */
export interface InstrumentedTarget {
  readonly target: FuzzTarget;
  readonly coverage: Coverage;
}

/**
 * Loads `targets/<name>.ts` with every file that `counted` matches counted: bundled by esbuild, instrumented
 * by Istanbul. Other people's packages are not counted.
 */
export async function loadInstrumented(
  name: string,
  counted = /\/(lib|cli)\/.*\.ts$/,
): Promise<InstrumentedTarget> {
  const instrumenter = createInstrumenter({
    esModules: true,
    compact: true,
    coverageVariable: COVERAGE,
    coverageGlobalScopeFunc: false,
    coverageGlobalScope: 'globalThis',
  });
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, `targets/${name}.ts`)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    logLevel: 'error',
    plugins: [
      {
        name: 'count-the-product',
        setup: ({ onLoad }) => {
          onLoad({ filter: counted }, ({ path }) => {
            if (path.includes('node_modules')) return undefined;
            const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts', format: 'esm' });
            return { contents: instrumenter.instrumentSync(code, relative(ROOT, path)), loader: 'js' };
          });
        },
      },
    ],
  });
  const code = outputFiles[0]?.text ?? '';
  Reflect.deleteProperty(globalThis, COVERAGE);
  const module: { exports: { target?: FuzzTarget } } = { exports: {} };
  new Function('module', 'exports', 'require', code)(module, module.exports, createRequire(import.meta.url));
  const { target } = module.exports;
  if (target === undefined) throw new Error(`targets/${name}.ts exports no target`);
  const files: Record<string, FileCounters> = Reflect.get(globalThis, COVERAGE) ?? {};
  const judged = Object.entries(files).filter(([path]) => target.files.some((file) => path.startsWith(file)));
  return { target, coverage: new Coverage(judged.map(([, counters]) => counters)) };
}

/**
 * The counters that have ever counted. A call looks only at the others, so it costs little.
 */
export class Coverage {
  readonly total: number;
  #uncovered: { readonly counters: Record<string, number> | number[]; readonly index: string }[] = [];

  constructor(files: readonly FileCounters[]) {
    for (const { s, f, b } of files)
      for (const counters of [s, f, ...Object.values(b)])
        for (const index of Object.keys(counters)) this.#uncovered.push({ counters, index });
    this.total = this.#uncovered.length;
    this.update();
  }

  get covered(): number {
    return this.total - this.#uncovered.length;
  }

  /** Whether a counter has counted for the first time since the last call. */
  update(): boolean {
    const before = this.#uncovered.length;
    this.#uncovered = this.#uncovered.filter(({ counters, index }) => !Reflect.get(counters, index));
    return this.#uncovered.length < before;
  }
}
