import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/**
 * The files by which an image installs koffi, in the versions and with the digests of this repository's lock.
 */
export function koffiLock(): { readonly manifest: object; readonly lock: object } {
  const { packages }: { packages: Record<string, { version: string }> } = JSON.parse(
    readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
  );
  const koffi = packages['node_modules/koffi'];
  if (koffi === undefined) throw new Error('package-lock.json has no koffi');
  const manifest = { name: 'sender', private: true, dependencies: { koffi: koffi.version } };
  const isOfKoffi = (path: string) =>
    path === 'node_modules/koffi' || path.startsWith('node_modules/@koromix/koffi-');
  const locked = Object.entries(packages).filter(([path]) => isOfKoffi(path));
  return {
    manifest,
    lock: {
      name: 'sender',
      lockfileVersion: 3,
      requires: true,
      packages: { '': manifest, ...Object.fromEntries(locked) },
    },
  };
}
