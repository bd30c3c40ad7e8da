import * as v from 'valibot';
import { type Btid, parseBtid } from '../gba/btid.ts';
import { parseImpi } from '../gba/impi.ts';
import { SecretKey } from '../keys/secret-key.ts';
import { parseJsonBody } from './json-body.ts';

/** The resource of the custom operation, below the apiRoot (TS 29.309 §6.1.4.2). */
export const BOOTSTRAPPING_INFO_PATH = '/nbsp-gba/v1/bootstrapping-info-retrieval';

/** Octets of a NAF key, and of a Ua security protocol identifier. */
const KEY_LENGTH = 32;
const PROTOCOL_ID_LENGTH = 5;

const GSID = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff));
const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
const octets = (length: number) => v.pipe(v.string(), v.regex(new RegExp(`^[A-Fa-f0-9]{${2 * length}}$`)));

const key = v.pipe(
  octets(KEY_LENGTH),
  v.transform((hex) => new SecretKey(Buffer.from(hex, 'hex'))),
);

/** A date and time of RFC 3339, as ms since the epoch. */
const dateTime = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i),
  v.transform(Date.parse),
  v.finite(),
);

const parsedBy = <T>(parse: (text: string) => T) =>
  v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
    try {
      return parse(dataset.value);
    } catch {
      addIssue({ message: 'malformed' });
      return NEVER;
    }
  });

const request = v.object({
  btId: v.pipe(v.string(), parsedBy(parseBtid)),
  nafId: v.object({
    nafFqdn: v.pipe(v.string(), v.minLength(1), v.maxLength(253)),
    uaSecProtId: octets(PROTOCOL_ID_LENGTH),
  }),
  gbaUAware: v.optional(v.boolean(), false),
  gsIds: v.optional(v.pipe(v.array(GSID), v.minLength(1), v.maxLength(100))),
});

/** A NAF asks for the keys of a B-TID (TS 29.309 §6.1.6.2.2). */
export interface BootstrappingInfoRequest {
  readonly btId: Btid;
  /** FQDN by which the UE knows the NAF. */
  readonly nafFqdn: string;
  /** 5 octets in hex (TS 33.220 annex H). */
  readonly uaSecProtId: string;
  /** Whether the NAF can use keys of the UICC. */
  readonly gbaUAware: boolean;
  /** GAA services whose user security settings are asked for; undefined for none. */
  readonly gsIds?: readonly number[] | undefined;
}

/** The JSON body of a request. */
export function encodeBootstrappingInfoRequest(request: BootstrappingInfoRequest): Uint8Array {
  const { btId, nafFqdn, uaSecProtId, gbaUAware, gsIds } = request;
  return Buffer.from(JSON.stringify({ btId, nafId: { nafFqdn, uaSecProtId }, gbaUAware, gsIds }));
}

/** @throws NbspError `malformed` */
export function parseBootstrappingInfoRequest(body: Uint8Array): BootstrappingInfoRequest {
  const { nafId, ...others } = parseJsonBody(body, request);
  return { ...others, ...nafId };
}

/** Open enumerations: another text is a value that this release does not know (TS 29.501 §5.2.3.2). */
const openEnum = text(64);

const uss = v.object({
  gsId: GSID,
  gsType: GSID,
  ueIds: v.pipe(v.array(v.object({ ueId: text(256) })), v.minLength(1), v.maxLength(100)),
  nafGroup: v.optional(text(256)),
  flags: v.optional(v.pipe(v.array(v.object({ flag: GSID })), v.minLength(1), v.maxLength(100))),
  keyChoice: v.optional(openEnum),
});

const response = v.object({
  meKeyMaterial: key,
  uiccKeyMaterial: v.optional(key),
  keyExpiryTime: v.optional(dateTime),
  bootstrappingInfoCreationTime: v.optional(dateTime),
  ussList: v.optional(v.pipe(v.array(v.object({ uss })), v.minLength(1), v.maxLength(100))),
  gbaType: v.optional(openEnum),
  impi: v.optional(v.pipe(v.string(), parsedBy(parseImpi))),
});

/** The user security settings for one GAA service (TS 29.309 §6.1.6.2.8). */
export type Uss = v.InferOutput<typeof uss>;

/** The keys of a B-TID (TS 29.309 §6.1.6.2.3). Times are ms since the epoch; keys have 32 octets. */
export type BootstrappingInfoResponse = v.InferOutput<typeof response>;

/** The JSON body of a response. It has keys in it: it goes to the NAF, and nowhere else. */
export function encodeBootstrappingInfoResponse(response: BootstrappingInfoResponse): Uint8Array {
  const { meKeyMaterial, uiccKeyMaterial, keyExpiryTime, bootstrappingInfoCreationTime, ...others } =
    response;
  return Buffer.from(
    JSON.stringify({
      ...others,
      meKeyMaterial: hexOf(meKeyMaterial),
      uiccKeyMaterial: uiccKeyMaterial && hexOf(uiccKeyMaterial),
      keyExpiryTime: keyExpiryTime && new Date(keyExpiryTime).toISOString(),
      bootstrappingInfoCreationTime:
        bootstrappingInfoCreationTime && new Date(bootstrappingInfoCreationTime).toISOString(),
    }),
  );
}

/** Ignores members that it does not know. @throws NbspError `malformed` */
export function parseBootstrappingInfoResponse(body: Uint8Array): BootstrappingInfoResponse {
  return parseJsonBody(body, response);
}

function hexOf(key: SecretKey): string {
  return Buffer.from(key.exposeOctets()).toString('hex');
}
