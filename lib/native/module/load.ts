import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildMskMessages, type MskMessageBuilder } from '../../mikey/message/msk-batch.ts';
import { type OpenSealedKeys, openSealedKeysPlainly } from '../../store/encryption/sealed-batch.ts';
import { createSimdBuilder, type SimdModule } from '../msk-message-builder.ts';
import { createSimdOpener, type OpenerModule } from '../sealed-key-opener.ts';

/** The builder that this machine has, the opener of the MUKs that it takes, and which they are. */
export interface ChosenBuilder {
  readonly build: MskMessageBuilder;
  readonly openSealedKeys: OpenSealedKeys;
  readonly kind: 'wasm-simd' | 'node-crypto';
  /** Why it is node:crypto, which takes many times as long. */
  readonly reason?: string;
}

/** The module's file where a build has put it: beside the file that runs. */
export const MODULE_NAME = 'msk-messages.wasm';

const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/bmsc-key-management');

/**
 * The SIMD builder from the module beside this file (an image has it there), or else compiled from its
 * source, which takes two seconds once; or the plain builder where neither can be, or the machine has no
 * SIMD.
 */
export async function loadMskBuilder(): Promise<ChosenBuilder> {
  try {
    const instance = await loadModule();
    // An instance each, so that neither moves the memory of the other while the system reads from it.
    return {
      build: createSimdBuilder(instance()),
      openSealedKeys: createSimdOpener(instance()),
      kind: 'wasm-simd',
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      build: buildMskMessages,
      openSealedKeys: openSealedKeysPlainly,
      kind: 'node-crypto',
      reason,
    };
  }
}

/** Makes instances of the module. @throws WebAssembly's errors, for one where SIMD is missing */
export async function loadModule(): Promise<() => SimdModule & OpenerModule> {
  const octets = readIfThere(join(import.meta.dirname, MODULE_NAME)) ?? (await compiledOnce());
  const module = new WebAssembly.Module(octets);
  return () => {
    const { exports } = new WebAssembly.Instance(module);
    return exports as SimdModule & OpenerModule;
  };
}

/**
 * The module of the source as it is now: from the cache, or compiled and left there if that can be written.
 */
async function compiledOnce(): Promise<Uint8Array> {
  const { compileAssembly, readAssembly } = await import('./compile.ts');
  const sources = readAssembly();
  const hash = createHash('sha256')
    .update(JSON.stringify([...sources]))
    .digest('hex');
  const path = join(CACHE, `${hash.slice(0, 32)}.wasm`);
  const cached = readIfThere(path);
  if (cached !== undefined) return cached;
  const compiled = await compileAssembly(sources);
  try {
    mkdirSync(CACHE, { recursive: true });
    // Others may be compiling too; a file appears whole or not at all.
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, compiled);
    renameSync(draft, path);
  } catch {
    // A folder that can't be written costs the time again, no more.
  }
  return compiled;
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
