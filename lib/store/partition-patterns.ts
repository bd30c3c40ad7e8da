import { PARTITION } from './item-keys.ts';

const startingWith = (prefix: string): string => `${prefix}*`;

/**
 * Patterns of the partition keys of security associations, as `dynamodb:LeadingKeys` of an IAM policy takes
 * them.
 */
export const ASSOCIATION_PARTITIONS: readonly string[] = [startingWith(PARTITION.association)];

/**
 * Patterns of the partition keys of the ledger: pushes, pushes of an MSK, chains of pages, answers, and what
 * came of requests.
 */
export const LEDGER_PARTITIONS: readonly string[] = [
  PARTITION.push,
  PARTITION.pushesOfMsk,
  PARTITION.pushChain,
  PARTITION.answers,
  PARTITION.request,
].map(startingWith);
