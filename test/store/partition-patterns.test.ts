import { describe, expect, test } from 'vitest';
import { parseBtid } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import {
  answersKey,
  associationKey,
  catalogueKey,
  dataKeyRingKey,
  keyGroupKey,
  mtkRangeKey,
  pushChainKey,
  pushKey,
  pushOfMskKey,
  pushPageKey,
  registrationKey,
  requestKey,
  requestOutcomeKey,
  stopKey,
  subscriberKey,
  trafficTurnKey,
  userServiceKey,
} from '../../lib/store/item-keys.ts';
import {
  ASSOCIATION_PARTITIONS,
  LEDGER_PARTITIONS,
  TRAFFIC_PARTITIONS,
  UNDER_WAY_PARTITIONS,
} from '../../lib/store/partition-patterns.ts';

const IMPI = parseImpi('001010000000001@ims.mnc001.mcc001.3gppnetwork.org');
const KEY_DOMAIN = parseKeyDomainId('00f110');

const ASSOCIATION = associationKey(parseBtid('Mn/4aWRlbnRpZmllcg==@bsf.home1.net'));
const LEDGER = [
  pushKey('p'),
  pushOfMskKey(KEY_DOMAIN, '00010001', '1'),
  pushChainKey('p', 0),
  pushPageKey('p', 0, 1),
  answersKey(KEY_DOMAIN, '00010001', '1'),
  requestKey('r'),
  requestOutcomeKey('r', 'e'),
  catalogueKey('PUSHES', '1'),
  catalogueKey('PUSHES-UNDER-WAY', 'p'),
];
const TRAFFIC = [mtkRangeKey(KEY_DOMAIN, '00010001', '00'), trafficTurnKey('news')];
const OTHERS = [
  ...TRAFFIC,
  subscriberKey(IMPI),
  userServiceKey('urn:example:news'),
  keyGroupKey(KEY_DOMAIN, 1),
  dataKeyRingKey,
  registrationKey('urn:example:news', IMPI),
  catalogueKey('SERVICES', 'urn:example:news'),
  catalogueKey('BLOCKED', IMPI),
  stopKey('1'),
];

/** Matches as IAM's `StringLike` does a pattern that ends in `*` and has no other. */
function matchesOne(patterns: readonly string[], partition: string): boolean {
  return patterns.some((pattern) => {
    expect(pattern).toMatch(/^[^*?]+\*$/);
    return partition.startsWith(pattern.slice(0, -1));
  });
}

describe('the partition patterns for IAM', () => {
  test('match the keys of the ledger, and no other', () => {
    for (const { pk } of LEDGER) expect(matchesOne(LEDGER_PARTITIONS, pk)).toBe(true);
    for (const { pk } of [ASSOCIATION, ...OTHERS]) expect(matchesOne(LEDGER_PARTITIONS, pk)).toBe(false);
  });

  test('match the keys of associations, and no other', () => {
    expect(matchesOne(ASSOCIATION_PARTITIONS, ASSOCIATION.pk)).toBe(true);
    for (const { pk } of [...LEDGER, ...OTHERS]) expect(matchesOne(ASSOCIATION_PARTITIONS, pk)).toBe(false);
  });

  test('match the pushes under way, and no other', () => {
    const underWay = catalogueKey('PUSHES-UNDER-WAY', 'p').pk;
    for (const { pk } of [...LEDGER, ASSOCIATION, ...OTHERS])
      expect(matchesOne(UNDER_WAY_PARTITIONS, pk)).toBe(pk === underWay);
  });

  test('match what the traffic key service writes, and no other', () => {
    for (const { pk } of [...LEDGER, ASSOCIATION, ...OTHERS])
      expect(matchesOne(TRAFFIC_PARTITIONS, pk)).toBe(TRAFFIC.some((key) => key.pk === pk));
  });

  test('are each needed for some key', () => {
    for (const pattern of [...LEDGER_PARTITIONS, ...ASSOCIATION_PARTITIONS])
      expect([ASSOCIATION, ...LEDGER].some(({ pk }) => matchesOne([pattern], pk))).toBe(true);
  });
});
