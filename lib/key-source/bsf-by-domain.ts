import type { Btid } from '../gba/btid.ts';

/** Which BSF a B-TID is from, as it is set. */
export interface BsfRoots {
  /** The apiRoot by the domain of the B-TID, in lower case. */
  readonly domains: Readonly<Record<string, string>>;
  /** For all other domains; undefined where they have none. */
  readonly apiRoot?: string | undefined;
}

/** The apiRoot of the BSF that a B-TID is from: its domain is the name of that BSF (TS 33.220 §4.5.2). */
export function bsfByDomain({ domains, apiRoot }: BsfRoots): (btid: Btid) => string | undefined {
  // A Map: anybody can make up domains, `constructor` among them.
  const byDomain = new Map(Object.entries(domains));
  return (btid) => byDomain.get(btid.slice(btid.indexOf('@') + 1).toLowerCase()) ?? apiRoot;
}
