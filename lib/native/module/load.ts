import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildMskMessages, type MskMessageBuilder } from '../../mikey/message/msk-batch.ts';
import {
  checkVerificationMessages,
  type VerificationChecker,
} from '../../mikey/message/verification-batch.ts';
import { openSealedKeys, type SealedKeyOpener } from '../../store/encryption/sealed-batch.ts';
import { createSimdBuilder, type SimdModule } from '../msk-message-builder.ts';
import { createSimdOpener, type OpenerModule } from '../sealed-key-opener.ts';
import { type CheckerModule, createSimdChecker } from '../verification-checker.ts';

/**
 * A builder of MSK messages, an opener of the MUKs for them, a checker of verification messages, and of which
 * kind they are.
 */
export interface ChosenBuilder {
  readonly build: MskMessageBuilder;
  readonly openSealedKeys: SealedKeyOpener;
  readonly check: VerificationChecker;
  readonly kind: 'wasm-simd' | 'node-crypto';
  /** Why they are the reference, which takes many times as long. */
  readonly reason?: string;
}

/** The module's file, which a build puts beside the bundled file. */
export const MODULE_NAME = 'msk-messages.wasm';

const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/bmsc-key-management');

/**
 * The builder, the opener and the checker in WebAssembly SIMD. The module is read from the file beside this
 * one, as in an image, or compiled from its source, which takes two seconds once. Where neither is possible,
 * or the machine has no SIMD, the reference is returned.
 */
export async function loadMskBuilder(): Promise<ChosenBuilder> {
  try {
    const instance = await loadModule();
    // Each has an instance: neither moves the memory of the other while the system reads from it.
    return {
      build: createSimdBuilder(instance()),
      openSealedKeys: createSimdOpener(instance()),
      check: createSimdChecker(instance()),
      kind: 'wasm-simd',
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      build: buildMskMessages,
      openSealedKeys,
      check: checkVerificationMessages,
      kind: 'node-crypto',
      reason,
    };
  }
}

/** Makes instances of the module. @throws WebAssembly's errors, for one where SIMD is missing */
export async function loadModule(): Promise<() => SimdModule & OpenerModule & CheckerModule> {
  const octets = readIfThere(join(import.meta.dirname, MODULE_NAME)) ?? (await compiledOnce());
  const module = new WebAssembly.Module(octets);
  return () => {
    const { exports } = new WebAssembly.Instance(module);
    return exports as SimdModule & OpenerModule & CheckerModule;
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
    // Other processes may compile too: the renamed file appears whole.
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, compiled);
    renameSync(draft, path);
  } catch {
    // Without a folder that can be written, the next process compiles again.
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
