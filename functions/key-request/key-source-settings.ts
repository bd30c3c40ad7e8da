import * as v from 'valibot';
import { MRK_RULES } from '../../lib/gba/mbms-keys.ts';

/** The root of an API of the network: `https://bsf.example.net`, or with a path (TS 29.501 §4.4.1). */
export const apiRoot = v.pipe(
  v.string(),
  v.regex(/^https?:\/\/[^/?#\s@]+(\/[^?#\s]*)?$/, 'an http or https URL without user, query and fragment'),
  v.url('an http or https URL'),
);

const fqdn = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'an FQDN'),
  v.toLowerCase(),
);

const number = (min: number, max: number) =>
  v.pipe(v.number(), v.minValue(min, `from ${min} to ${max}`), v.maxValue(max, `from ${min} to ${max}`));

/** The scope of an access token where the NRF wants another one than usual (TS 29.510 §6.3.5.2.2). */
export const scope = v.optional(
  v.pipe(v.string(), v.regex(/^[A-Za-z0-9_:-]+( [A-Za-z0-9_:-]+)*$/, 'scopes with a space between them')),
);

/** The BSF, over Nbsp_GBA (TS 29.309). */
const bsf = v.strictObject({
  /** For B-TIDs of a domain that `domains` does not have. */
  apiRoot: v.optional(apiRoot),
  /** By the domain of the B-TID, which is the name of its BSF (TS 33.220 §4.5.2). */
  domains: v.optional(v.record(fqdn, apiRoot), {}),
  /** Whether the NRF is asked for a BSF where neither of them names one. */
  discover: v.optional(v.boolean(), false),
  /** Whether keys of the UICC are asked for, too (GBA_U). */
  gbaU: v.optional(v.boolean(), true),
  scope,
});

/** The AAnF, over Naanf_AKMA (TS 29.535); without `apiRoot`, the NRF is asked for one. */
const aanf = v.strictObject({
  apiRoot: v.optional(apiRoot),
  discover: v.optional(v.boolean(), false),
  /** AF_ID where the AAnF knows this BM-SC by another one than `nafFqdn` with the identifier of MBMS. */
  afId: v.optional(v.pipe(v.string(), v.nonEmpty('an AF_ID'))),
  scope,
});

/** The NRF (TS 29.510), which gives access tokens and finds BSF and AAnF. */
export const nrf = v.strictObject({
  apiRoot,
  /** The ID by which this BM-SC is registered there. */
  nfInstanceId: v.pipe(v.string(), v.uuid('a UUID')),
  /** The NF type of this BM-SC; TS 29.510 has none for a BM-SC. */
  nfType: v.optional(v.picklist(['AF', 'MBSF']), 'AF'),
  /** Whether each request needs an access token (TS 33.501 §13.4.1). */
  oauth2: v.optional(v.boolean(), true),
});

/**
 * A secret of Secrets Manager that holds PEM texts as JSON: `certificate` and `key` of this BM-SC as a client
 * of the network, and `ca`, which it believes; each may be left out.
 */
export const tlsSecretArn = v.optional(
  v.pipe(v.string(), v.regex(/^arn:[a-z-]+:secretsmanager:/, 'an ARN of a secret')),
);

/** Where the keys of UEs come from that nobody provisioned. */
export const keySourceEntries = {
  bsf: v.optional(bsf),
  aanf: v.optional(aanf),
  nrf: v.optional(nrf),
  tlsSecretArn,
  /** Look-ups in a second that all instances together may make. */
  lookUpsPerSecond: v.optional(v.pipe(number(1, 10_000), v.integer('a whole number')), 50),
  /** A UE is answered 503 when the network gives no answer in this time. */
  timeoutSeconds: v.optional(number(0.1, 5), 2),
  /** How long an identifier that the network does not know is not asked for again. */
  unknownSeconds: v.optional(number(0, 300), 10),
  /** How long keys live that come without an expiry. */
  lifetimeHours: v.optional(number(0.1, 720), 24),
  /** The MRK with GBA_U: Ks_ext_NAF itself, or derived from it (docs/conformance.md). */
  mrkRule: v.optional(v.picklist(MRK_RULES), 'ks-ext-naf'),
};

const schema = v.strictObject(keySourceEntries);

/** The key sources, with their defaults filled in. */
export type KeySourceSettings = v.InferOutput<typeof schema>;

/** The key sources as they stand in the function's environment: JSON. */
export const keySourcesOfText = v.pipe(v.string(), v.parseJson(), schema);
