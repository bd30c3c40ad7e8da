/**
 * What a realm starts with: GBA with keys of the ME or of the UICC (TS 24.109 §5.2.4), or AKMA (TS 24.109
 * annex K.2).
 */
export const REALM_PREFIX = {
  me: '3GPP-bootstrapping@',
  uicc: '3GPP-bootstrapping-uicc@',
  akma: '3GPP-bootstrapping-akma@',
} as const;

/** The kinds of bootstrapping that a BM-SC takes; each has its own realm and its own key source. */
export type Bootstrapping = 'gba' | 'akma';

// @clause TS 24.109 annex B.3 s1
// @clause TS 24.109 annex I.2 s1
// @clause TS 24.109 annex K.2 s2
/** Product tokens by which a UE says what bootstrapping it does (TS 24.109 annex B). */
export const GBA_TOKENS = ['3gpp-gba', '3gpp-gba-uicc', '3gpp-gba-tmpi', 'GBA_Digest', '3gpp-akma'] as const;

// @clause TS 24.109 §5.2.4 s1, s2
// @clause TS 24.109 annex K.2 s1
/**
 * The realm of a BM-SC. With GBA always the ME form: the MRK, which is the password, comes from a key of the
 * ME even with GBA_U. Derived [D], docs/conformance.md.
 */
export function realmOf(nafFqdn: string, bootstrapping: Bootstrapping = 'gba'): string {
  return (bootstrapping === 'akma' ? REALM_PREFIX.akma : REALM_PREFIX.me) + nafFqdn;
}

/**
 * The bootstrappings that a realm of this BM-SC stands for; none for any other realm. A UE repeats the realm
 * of its challenge, which may have offered both (RFC 7616 §3.4).
 */
export function bootstrappingsOfRealm(realm: string, nafFqdn: string): readonly Bootstrapping[] {
  const both = ['gba', 'akma'] as const;
  if (realm === realmOfBoth(nafFqdn)) return both;
  return both.filter((each) => realmOf(nafFqdn, each) === realm);
}

/**
 * The realm of a challenge, by the tokens of the UE's User-Agent. A UE that can do AKMA is offered it where
 * the BM-SC has an AAnF; one that can do both is offered both, separated by a semicolon (TS 24.109 §5.2.4,
 * annex K.2).
 */
export function offeredRealm(nafFqdn: string, userAgent: string, hasAanf: boolean): string {
  const tokens = gbaTokensOf(userAgent);
  if (!hasAanf || !tokens.includes('3gpp-akma')) return realmOf(nafFqdn);
  const isForGba = tokens.some((token) => token !== '3gpp-akma');
  return isForGba ? realmOfBoth(nafFqdn) : realmOf(nafFqdn, 'akma');
}

function realmOfBoth(nafFqdn: string): string {
  return `${realmOf(nafFqdn)};${realmOf(nafFqdn, 'akma')}`;
}

/** The FQDN in a realm of GBA, or undefined where the realm is another. */
export function nafFqdnOfRealm(realm: string): string | undefined {
  const prefix = Object.values(REALM_PREFIX).find((each) => realm.startsWith(each));
  return prefix === undefined ? undefined : realm.slice(prefix.length);
}

/**
 * The FQDNs in a realm that offers several kinds of keys, separated by semicolons (TS 24.109 §5.2.4); the
 * parts that are no realms of GBA are left out.
 */
export function nafFqdnsOfRealms(realms: string): string[] {
  return realms.split(';').flatMap((realm) => nafFqdnOfRealm(realm.trim()) ?? []);
}

/** The tokens of GBA in a User-Agent header, in the table's order. */
export function gbaTokensOf(userAgent: string): (typeof GBA_TOKENS)[number][] {
  const tokens = new Set(userAgent.split(/[\s,;]+/));
  return GBA_TOKENS.filter((token) => tokens.has(token));
}
