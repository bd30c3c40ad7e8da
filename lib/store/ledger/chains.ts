import { REGISTRATION_SHARDS, type ShardRange, type Shards } from '../registration/shards.ts';
import type { PushSource, ServiceChains } from './push.ts';

/** The most chains that a User Service can have: one for each shard of its registrations. */
export const MAX_CHAINS_OF_SERVICE = REGISTRATION_SHARDS;

/** How many chains of pages a push has. */
export function chainsOf(source: PushSource): number {
  if (source.kind === 'listed') return 1;
  if (source.kind === 'undelivered') return source.chains;
  return source.services.reduce((sum, { chains }) => sum + chains, 0);
}

/** The registrations of one chain, from 0. @throws RangeError when the User Services have no such chain */
export function rangeOfChain(services: readonly ServiceChains[], chain: number): ShardRange {
  let left = chain;
  for (const { serviceId, chains } of services) {
    if (left >= chains) {
      left -= chains;
      continue;
    }
    const size = REGISTRATION_SHARDS / chains;
    return { serviceId, first: Math.floor(left * size), last: Math.floor((left + 1) * size) - 1 };
  }
  throw new RangeError(`the push has no chain ${chain}`);
}

/** The chains of a push that may have UEs of these shards. */
export function chainsWith(source: PushSource, { first, last }: Shards): number[] {
  if (source.kind !== 'services') return Array.from({ length: chainsOf(source) }, (_, chain) => chain);
  let before = 0;
  return source.services.flatMap(({ chains }) => {
    const chainOf = (shard: number) => before + Math.floor((shard * chains) / REGISTRATION_SHARDS);
    const found = Array.from(
      { length: chainOf(last) - chainOf(first) + 1 },
      (_, index) => chainOf(first) + index,
    );
    before += chains;
    return found;
  });
}
