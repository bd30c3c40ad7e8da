import type { KeyDomainId } from '../../keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../keys/msk-id.ts';
import type { MskValidity } from '../../keys/msk-validity.ts';
import { optionalNumberOf } from '../attributes.ts';
import { updateIf } from '../conditional-write.ts';
import { StoreError } from '../errors.ts';
import { mtkRangeKey } from '../item-keys.ts';
import { getItem, type ItemKey, type Table } from '../table.ts';

/** An MSK whose MTK IDs and counters are given out. */
export interface MskOfTraffic {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  readonly validity: MskValidity;
  /** Of its MSK messages, 16 octets. It tells an MSK from another that has had the same ID. */
  readonly rand: Uint8Array;
}

/** MTK IDs and counters to take: so many, from 0 on. */
export interface WantedNumbers {
  readonly mtkIds: number;
  readonly counters: number;
}

/** The first of the numbers that were taken, and how many MTK IDs are left behind them. */
export interface ReservedNumbers {
  readonly mtkId: number;
  readonly counter: number;
  readonly mtkIdsLeft: number;
}

/** Counters of an MTK message have 32 bits; 0 is given to none, so that a UE's first one is above nothing. */
const FIRST_COUNTER = 1;
const COUNTER_END = 2 ** 32;

const TRIES = 8;

/**
 * Takes MTK IDs and counters of an MSK for good: whoever takes some next, in whichever process and after
 * whichever restart, gets later ones. One read and one conditional write. The item stays while the MSK is in
 * the table, and longer: `endMtkRange`.
 * @returns undefined when the MSK has not so many left; nothing is taken
 * @throws StoreError `conflict` when others keep taking
 */
export async function reserveMtkNumbers(
  table: Table,
  msk: MskOfTraffic,
  { mtkIds, counters }: WantedNumbers,
): Promise<ReservedNumbers | undefined> {
  const key = keyOfRange(msk);
  const { seql, sequ } = msk.validity;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const item = (await getItem(table, key)) ?? {};
    const before = optionalNumberOf(item, 'nextMtkId');
    // A validity that begins higher than before goes on from there, and one that begins lower uses nothing
    // twice.
    const mtkId = Math.max(before ?? seql, seql);
    const counter = optionalNumberOf(item, 'nextCounter') ?? FIRST_COUNTER;
    const end = { mtkId: mtkId + mtkIds, counter: counter + counters };
    if (end.mtkId - 1 > sequ || end.counter > COUNTER_END) return undefined;
    const isTaken = await updateIf(table, key, {
      update: 'SET nextMtkId = :nextMtkId, nextCounter = :nextCounter REMOVE #ttl',
      names: { '#ttl': 'ttl' },
      condition:
        before === undefined
          ? 'attribute_not_exists(nextMtkId)'
          : 'nextMtkId = :mtkIdBefore AND nextCounter = :counterBefore',
      values: {
        ':nextMtkId': { N: String(end.mtkId) },
        ':nextCounter': { N: String(end.counter) },
        ...(before !== undefined && {
          ':mtkIdBefore': { N: String(before) },
          ':counterBefore': { N: String(counter) },
        }),
      },
    });
    if (isTaken) return { mtkId, counter, mtkIdsLeft: sequ - end.mtkId + 1 };
  }
  throw new StoreError('conflict', 'others keep taking MTK IDs of the same MSK: try again');
}

/** How long the numbers of an MSK are kept after it left the table, in ms: it may be put there again. */
const KEPT_MS = 400 * 24 * 3600 * 1000;

/**
 * Lets the numbers of an MSK expire that is not in the table any more: nobody takes any. Whoever puts the
 * same octets there again within 400 days goes on behind them. `now` is ms since the epoch.
 */
export async function endMtkRange(
  table: Table,
  msk: Omit<MskOfTraffic, 'validity'>,
  now: number,
): Promise<void> {
  await updateIf(table, keyOfRange(msk), {
    update: 'SET #ttl = :ttl',
    condition: 'attribute_exists(nextMtkId)',
    names: { '#ttl': 'ttl' },
    values: { ':ttl': { N: String(Math.ceil((now + KEPT_MS) / 1000)) } },
  });
}

function keyOfRange({ keyDomainId, mskId, rand }: Omit<MskOfTraffic, 'validity'>): ItemKey {
  return mtkRangeKey(keyDomainId, formatMskId(mskId), Buffer.from(rand).toString('hex'));
}
