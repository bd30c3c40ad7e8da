import { readFile } from 'node:fs/promises';
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

/** The module, which `npm run wasm` compiles: beside this file, and beside a bundle that has this file. */
export const MODULE_NAME = 'msk-messages.wasm';

/**
 * The builder, the opener and the checker in WebAssembly SIMD. Where the module is not
 * there, or the machine has no SIMD, the reference is returned.
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
  const module = new WebAssembly.Module(await readFile(join(import.meta.dirname, MODULE_NAME)));
  return () => {
    const { exports } = new WebAssembly.Instance(module);
    return exports as SimdModule & OpenerModule & CheckerModule;
  };
}
