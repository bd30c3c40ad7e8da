import type { UeAddress } from '../../address/ue-address.ts';
import { batches } from '../../batches.ts';
import { type Btid, parseBtid } from '../../gba/btid.ts';
import { type Impi, parseImpi } from '../../gba/impi.ts';
import { numberOf, optionalNumberOf, parsedOf } from '../attributes.ts';
import { associationKey } from '../item-keys.ts';
import { batchGetEach, type Item, keyOf, MAX_BATCH, type Table } from '../table.ts';
import { GBA_TYPES, type GbaType } from './association.ts';

/** An association for who must see no key. Times are ms since the epoch. */
export interface AssociationSummary {
  readonly btid: Btid;
  readonly impi: Impi;
  readonly gbaType: GbaType;
  readonly bootstrappedAt: number;
  readonly expiresAt: number;
  /** Where the UE was at its last granted request; undefined: it has made none. */
  readonly ueAddress: UeAddress | undefined;
}

const PROJECTION = 'pk, btid, impi, gbaType, bootstrappedAt, expiresAt, ueAddress, uePort';

/** Associations by B-TID, without their keys, which are not even read; unknown ones are absent. */
export async function loadAssociationSummaries(
  table: Table,
  btids: readonly Btid[],
): Promise<readonly AssociationSummary[]> {
  const found: AssociationSummary[] = [];
  for (const batch of batches([...new Set(btids)], MAX_BATCH)) {
    const keys = batch.map((btid) => keyOf(associationKey(btid)));
    await batchGetEach(table, keys, (_, item) => void found.push(summaryOfItem(item)), PROJECTION);
  }
  return found.sort((one, other) => other.bootstrappedAt - one.bootstrappedAt);
}

function summaryOfItem(item: Item): AssociationSummary {
  const address = item.ueAddress?.S;
  const port = optionalNumberOf(item, 'uePort');
  return {
    btid: parsedOf(item, 'btid', parseBtid),
    impi: parsedOf(item, 'impi', parseImpi),
    gbaType: GBA_TYPES.find((each) => each === item.gbaType?.S) ?? 'GBA_ME',
    bootstrappedAt: numberOf(item, 'bootstrappedAt'),
    expiresAt: numberOf(item, 'expiresAt'),
    ueAddress: address === undefined || port === undefined ? undefined : { address, port },
  };
}
