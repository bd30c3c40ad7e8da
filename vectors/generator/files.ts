import { join } from 'node:path';
import { textOf, type VectorFile } from './data-set.ts';
import { gbaKeysFile } from './gba-keys.ts';
import { httpDigestFile } from './http-digest.ts';
import { keyDerivationFile } from './key-derivation.ts';
import { mtkFile, verificationFile } from './mikey-others.ts';
import { mskPushFile, solicitedPullFile } from './mikey-under-muk.ts';
import { milenageFile, ubFile } from './milenage-and-ub.ts';
import { xmlPayloadsFile } from './xml-payloads.ts';
import { znFile } from './zn.ts';

/** The repository. */
export const ROOT = join(import.meta.dirname, '../..');

const FILES: Readonly<Record<string, () => VectorFile>> = {
  'milenage.json': milenageFile,
  'ub.json': ubFile,
  'gba-keys.json': gbaKeysFile,
  'zn.json': znFile,
  'http-digest.json': httpDigestFile,
  'xml-payloads.json': xmlPayloadsFile,
  'mikey-key-derivation.json': keyDerivationFile,
  'mikey-msk-push.json': mskPushFile,
  'mikey-solicited-pull.json': solicitedPullFile,
  'mikey-verification.json': verificationFile,
  'mikey-mtk.json': mtkFile,
};

/** The files of the data set by their paths from the root of the repository. */
export function vectorFiles(): ReadonlyMap<string, string> {
  return new Map(Object.entries(FILES).map(([name, make]) => [`vectors/${name}`, textOf(make())]));
}
