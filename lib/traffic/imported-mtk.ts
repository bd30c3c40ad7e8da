import { loadImportedMtk } from '../store/key-group/imported-mtk.ts';
import type { KeyStore } from '../store/key-store.ts';
import type { MskView, SentUnder } from './schedule.ts';

/**
 * The MTK to send in a Key Group whose keys another network makes: that of the current MSK. `none`: none came
 * with it, and none is made here, for its ID could be one that the other network uses.
 */
export async function importedFor(store: KeyStore, { current }: MskView): Promise<SentUnder | 'none'> {
  if (current === undefined) return 'none';
  const { keyDomainId, mskId, msk } = current;
  const imported = await loadImportedMtk(store, { keyDomainId, ...mskId, msk });
  return imported === undefined ? 'none' : { msk: current, ...imported };
}
