import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type ImportOptions, type ImportResult, importFile } from '../../../cli/import/import-file.ts';
import type { ImportKind, ImportTarget } from '../../../cli/import/import-kind.ts';
import type { KeyStore } from '../../../lib/store/key-store.ts';

/** What an import of a text did. */
export interface Imported {
  readonly result: ImportResult;
  /** Reasons by their lines. */
  readonly rejected: Readonly<Record<number, string>>;
  readonly warnings: readonly string[];
  /** The file of rejected rows. */
  readonly rejectedFile: string;
}

const noKms: ImportTarget['unwrap'] = () => Promise.reject(new Error('no key is wrapped here'));

/** Imports a text as if it were a file. `pieces` cuts it, as reads of a file do. */
export async function imported<Entry>(
  store: KeyStore,
  kind: ImportKind<Entry>,
  text: string | readonly Uint8Array[],
  { unwrap = noKms, ...options }: Partial<ImportOptions & Pick<ImportTarget, 'unwrap'>> = {},
): Promise<Imported> {
  const rejected: Record<number, string> = {};
  const warnings: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-import-'));
  const rejectedFile = join(folder, 'rejected');
  try {
    const result = await importFile({ store, keyDomains: undefined, unwrap }, kind, {
      input: Readable.from(typeof text === 'string' ? [Buffer.from(text)] : text),
      state: undefined,
      isResuming: true,
      rejectedFile,
      concurrency: 8,
      isDry: false,
      signal: new AbortController().signal,
      onRejected: (line, reason) => {
        rejected[line] = reason;
      },
      onWarning: (warning) => void warnings.push(warning),
      onProgress: () => {},
      ...options,
    });
    return { result, rejected, warnings, rejectedFile: readFileSync(rejectedFile, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
