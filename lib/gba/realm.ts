/** What a realm of GBA starts with (TS 24.109 §5.2.4): keys of the ME, keys of the UICC. */
export const REALM_PREFIX = { me: '3GPP-bootstrapping@', uicc: '3GPP-bootstrapping-uicc@' } as const;

/** Product tokens by which a UE says what bootstrapping it does (TS 24.109 annex B). */
export const GBA_TOKENS = ['3gpp-gba', '3gpp-gba-uicc', '3gpp-gba-tmpi', 'GBA_Digest'] as const;

/**
 * The realm of a BM-SC. Always the ME form: the MRK, which is the password, comes from a key of the ME
 * even with GBA_U. Derived [D], docs/conformance.md.
 */
export function realmOf(nafFqdn: string): string {
  return REALM_PREFIX.me + nafFqdn;
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
