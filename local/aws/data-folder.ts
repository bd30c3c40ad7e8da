import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** Why the local system can't keep its data in a folder. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/** Texts by name that outlive whoever sets them. */
export interface KeptTexts {
  readonly get: (name: string) => string | undefined;
  readonly set: (name: string, text: string) => void;
}

/** Keeps nothing beyond the process. */
export function textsInMemory(): KeptTexts {
  const texts = new Map<string, string>();
  return { get: (name) => texts.get(name), set: (name, text) => void texts.set(name, text) };
}

const savedTexts = v.record(v.string(), v.string());

/**
 * A folder with the table of a local system, and the keys and secrets without which the table can't be read.
 * Only its owner can read it: the keys in it are plain.
 */
export class DataFolder {
  readonly tables: string;
  readonly #folder: string;

  /** Makes the folder unless it is there. @throws DataFolderError */
  constructor(folder: string) {
    this.#folder = folder;
    this.tables = join(folder, 'tables');
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new DataFolderError(`the folder ${folder} can't be made: ${messageOf(error)}`, { cause: error });
    }
    this.#claim(join(folder, 'process'));
  }

  /** Two processes on one table would end in the database's own error. */
  #claim(file: string): void {
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    if (pid > 0 && pid !== process.pid && isRunning(pid))
      throw new DataFolderError(`${this.#folder} is in use by process ${pid}, as ${file} says`);
    writeFileSync(file, String(process.pid), { mode: 0o600 });
  }

  /**
   * The texts of one file of the folder. Each change writes the file anew, so that it is whole at any time.
   * @throws DataFolderError for a file that is damaged, or can't be read
   */
  texts(name: 'keys' | 'secrets'): KeptTexts {
    const file = join(this.#folder, `${name}.json`);
    const texts = new Map(Object.entries(readTexts(file)));
    return {
      get: (key) => texts.get(key),
      set: (key, text) => {
        texts.set(key, text);
        writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(texts)), { mode: 0o600 });
        renameSync(`${file}.new`, file);
      },
    };
  }
}

function readTexts(file: string): v.InferOutput<typeof savedTexts> {
  try {
    return v.parse(savedTexts, JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new DataFolderError(`${file} can't be read: ${messageOf(error)}`, { cause: error });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
