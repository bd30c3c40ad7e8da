import type { CatalogueKind } from './catalogue.ts';
import { catalogueKey, dataKeyRingKey, PARTITION } from './item-keys.ts';

const startingWith = (prefix: string): string => `${prefix}*`;

/**
 * Patterns of the partition keys of security associations, as `dynamodb:LeadingKeys` of an IAM policy takes
 * them.
 */
export const ASSOCIATION_PARTITIONS: readonly string[] = [startingWith(PARTITION.association)];

const partitionOf = (kind: CatalogueKind): string => catalogueKey(kind, '').pk;

/**
 * The partition of the pushes that are under way, in the catalogue: a push that is completed leaves it. The
 * ledger's patterns have it, too.
 */
export const UNDER_WAY_PARTITIONS: readonly string[] = [startingWith(partitionOf('PUSHES-UNDER-WAY'))];

/**
 * Patterns of the partition keys of the ledger: pushes, pushes of an MSK, all pushes, chains of pages,
 * answers, and what came of requests.
 */
export const LEDGER_PARTITIONS: readonly string[] = [
  PARTITION.push,
  PARTITION.pushesOfMsk,
  PARTITION.pushChain,
  PARTITION.answers,
  PARTITION.request,
  partitionOf('PUSHES'),
].map(startingWith);

/**
 * Patterns of the partition keys of what operators provision, and of the registrations that follow from it.
 */
export const PROVISIONED_PARTITIONS: readonly string[] = [
  ...[
    PARTITION.association,
    PARTITION.subscriber,
    PARTITION.userService,
    PARTITION.keyGroup,
    PARTITION.registrations,
    PARTITION.catalogue,
  ].map(startingWith),
  dataKeyRingKey.pk,
];

/** Patterns of the partition keys that the export of keys reads: MSKs, kept MTKs, and data keys. */
export const EXPORTED_PARTITIONS: readonly string[] = [
  startingWith(PARTITION.keyGroup),
  startingWith(PARTITION.trafficTurn),
  dataKeyRingKey.pk,
];

/** Patterns of the partition keys of Key Groups, with the MTKs that were imported into them. */
export const KEY_GROUP_PARTITIONS: readonly string[] = [startingWith(PARTITION.keyGroup)];

/** Patterns of the partition keys that the feed for 5MBS writes. */
export const MBS_PARTITIONS: readonly string[] = [startingWith(PARTITION.mbsSession)];

/** What a traffic key service that keeps MTKs writes besides: it counts what it seals. */
export const KEPT_MTKS_PARTITIONS: readonly string[] = [dataKeyRingKey.pk];

/**
 * Patterns of the partition keys that the traffic key service writes: MTK IDs given out, and whose turn it
 * is.
 */
export const TRAFFIC_PARTITIONS: readonly string[] = [PARTITION.mtkRange, PARTITION.trafficTurn].map(
  startingWith,
);
