import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'bmsc-keys-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** A key in a file that this user alone can read, as an option of `bmsc` names it: `@` and the file. */
export function keyFile(hex: string): string {
  count += 1;
  const file = join(folder, `${count}.hex`);
  writeFileSync(file, `${hex}\n`, { mode: 0o600 });
  return `@${file}`;
}
