import { type KeyDomainId, parseKeyDomainId } from '../../keys/key-domain-id.ts';
import type { MskId } from '../../keys/msk-id.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import { keyOfItem, numberOf, parsedOf } from '../attributes.ts';
import { updateIf } from '../conditional-write.ts';
import type { Seal } from '../encryption/data-keys.ts';
import { keptMtksKey } from '../item-keys.ts';
import type { KeyStore } from '../key-store.ts';
import { batchGetSealed, type SealedKeyOf } from '../sealed-items.ts';
import { type Item, type ItemKey, keyOf } from '../table.ts';

/** An MTK as the traffic key service keeps it for other systems, where a stream says so. */
export interface KeptMtk {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  readonly mtkId: number;
  /** 16 octets. */
  readonly mtk: SecretKey;
  /** 14 octets; undefined: of zeros. */
  readonly salt: SecretKey | undefined;
}

/** The MTKs of a User Service under a Key Group: what is protected with now, and what will be. */
export interface KeptMtks {
  readonly inUse: KeptMtk | undefined;
  readonly announced: KeptMtk | undefined;
}

const STATES = ['inUse', 'announced'] as const;

/**
 * Keeps the MTKs of a stream, sealed, in place of those before; none: what was kept is gone. One write.
 * @throws StoreError `conflict`, `data-key-unavailable`
 */
export async function keepMtks(store: KeyStore, stream: string, mtks: KeptMtks): Promise<void> {
  const key = keptMtksKey(stream);
  const kept = STATES.flatMap((state) => (mtks[state] === undefined ? [] : [[state, mtks[state]] as const]));
  const gone = STATES.filter((state) => mtks[state] === undefined);
  const seal = kept.length === 0 ? undefined : await store.dataKeys.sealer(2 * kept.length);
  const values = seal && kept.map(([state, mtk]) => [`:${state}`, { M: fieldsOf(key, state, mtk, seal) }]);
  const set = kept.map(([state]) => `${state} = :${state}`).join(', ');
  await updateIf(store, key, {
    update: [kept.length > 0 ? `SET ${set}` : '', gone.length > 0 ? `REMOVE ${gone.join(', ')}` : ''].join(
      ' ',
    ),
    ...(values && { values: Object.fromEntries(values) }),
  });
}

/** The MTKs that are kept of a stream, opened. @throws StoreError `corrupt-item`, `data-key-unavailable` */
export async function loadKeptMtks(store: KeyStore, stream: string): Promise<KeptMtks> {
  const key = keptMtksKey(stream);
  const item = await batchGetSealed(store, [key], (items, sealedKeyOf) => {
    const found = items.get(key.pk);
    return (
      found && {
        inUse: keptMtkOf(found, 'inUse', sealedKeyOf),
        announced: keptMtkOf(found, 'announced', sealedKeyOf),
      }
    );
  });
  return { inUse: item?.inUse?.(), announced: item?.announced?.() };
}

function fieldsOf(
  key: ItemKey,
  state: string,
  { keyDomainId, mskId, mtkId, mtk, salt }: KeptMtk,
  seal: Seal,
): Item {
  return {
    keyDomainId: { S: keyDomainId },
    keyGroup: { N: String(mskId.keyGroup) },
    keyNumber: { N: String(mskId.keyNumber) },
    mtkId: { N: String(mtkId) },
    mtk: seal(mtk, { ...key, path: `${state}.mtk` }),
    ...(salt === undefined ? {} : { salt: seal(salt, { ...key, path: `${state}.salt` }) }),
  };
}

/** Opens the MTK of an item that was read when it is called. */
function keptMtkOf(item: Item, state: string, sealedKeyOf: SealedKeyOf): (() => KeptMtk) | undefined {
  const fields = item[state]?.M;
  if (fields === undefined) return undefined;
  const key = keyOfItem(item);
  const mtk = sealedKeyOf(fields, 'mtk', { ...key, path: `${state}.mtk` });
  const salt =
    fields.salt === undefined ? undefined : sealedKeyOf(fields, 'salt', { ...key, path: `${state}.salt` });
  const named = { ...keyOf(key), ...fields };
  return () => ({
    keyDomainId: parsedOf(named, 'keyDomainId', parseKeyDomainId),
    mskId: { keyGroup: numberOf(named, 'keyGroup'), keyNumber: numberOf(named, 'keyNumber') },
    mtkId: numberOf(named, 'mtkId'),
    mtk: mtk.open(),
    salt: salt?.open(),
  });
}
