import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.ts';
import { readAssembly } from './compile.ts';

/** The compiled module, and the digest of the sources that it was compiled from. */
export const MODULE = join(ROOT, 'lib/native/module/msk-messages.wasm');
export const SOURCES_DIGEST = join(ROOT, 'lib/native/module/msk-messages.sources.sha256');

/** SHA-256 of the sources as they are now, in hexadecimal. */
export function digestOfSources(): string {
  const sources = [...readAssembly()];
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex');
}

/** Whether the module was compiled from the sources as they are now. */
export function isModuleCurrent(): boolean {
  return readFileSync(SOURCES_DIGEST, 'utf8').trim() === digestOfSources();
}
