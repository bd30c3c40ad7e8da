import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packTar, unpackTar } from 'modern-tar';

/**
 * Puts the files of a tarball in the order of their paths, and compresses it again. npm orders them by their
 * endings. gzip finds only what repeats within 32 KiB, such as a file's JavaScript in its source map: the
 * package becomes 7 % smaller.
 */
export async function orderByPath(tarball: string): Promise<void> {
  const entries = await unpackTar(gunzipSync(readFileSync(tarball)));
  const ordered = entries.toSorted((one, other) => (one.header.name < other.header.name ? -1 : 1));
  writeFileSync(tarball, gzipSync(await packTar(ordered), { level: 9, memLevel: 9 }));
}
