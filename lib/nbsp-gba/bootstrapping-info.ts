import * as v from 'valibot';
import { type Btid, parseBtid } from '../gba/btid.ts';
import { parseImpi } from '../gba/impi.ts';
import {
  dateTime,
  dateTimeOf,
  hexOf,
  key,
  octets,
  openEnum,
  parsedBy,
  text,
  uint32,
} from '../sbi-json/fields.ts';
import { parseJsonBody } from '../sbi-json/json-body.ts';
import { malformed } from './errors.ts';

/** The resource of the custom operation, below the apiRoot (TS 29.309 §6.1.4.2). */
export const BOOTSTRAPPING_INFO_PATH = '/nbsp-gba/v1/bootstrapping-info-retrieval';

/** Octets of a NAF key, and of a Ua security protocol identifier. */
const KEY_LENGTH = 32;
const PROTOCOL_ID_LENGTH = 5;

const request = v.object({
  btId: v.pipe(v.string(), parsedBy(parseBtid)),
  nafId: v.object({
    nafFqdn: v.pipe(v.string(), v.minLength(1), v.maxLength(253)),
    uaSecProtId: octets(PROTOCOL_ID_LENGTH),
  }),
  gbaUAware: v.optional(v.boolean(), false),
  gsIds: v.optional(v.pipe(v.array(uint32), v.minLength(1), v.maxLength(100))),
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

// @clause TS 29.309 §5.2.2.2 s1
/** The JSON body of a request. */
export function encodeBootstrappingInfoRequest(request: BootstrappingInfoRequest): Uint8Array {
  const { btId, nafFqdn, uaSecProtId, gbaUAware, gsIds } = request;
  return Buffer.from(JSON.stringify({ btId, nafId: { nafFqdn, uaSecProtId }, gbaUAware, gsIds }));
}

/** @throws NbspError `malformed` */
export function parseBootstrappingInfoRequest(body: Uint8Array): BootstrappingInfoRequest {
  const { nafId, ...others } = parseJsonBody(body, request, malformed);
  return { ...others, ...nafId };
}

const uss = v.object({
  gsId: uint32,
  gsType: uint32,
  ueIds: v.pipe(v.array(v.object({ ueId: text(256) })), v.minLength(1), v.maxLength(100)),
  nafGroup: v.optional(text(256)),
  flags: v.optional(v.pipe(v.array(v.object({ flag: uint32 })), v.minLength(1), v.maxLength(100))),
  keyChoice: v.optional(openEnum),
});

const response = v.object({
  meKeyMaterial: key(KEY_LENGTH),
  uiccKeyMaterial: v.optional(key(KEY_LENGTH)),
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
      keyExpiryTime: dateTimeOf(keyExpiryTime),
      bootstrappingInfoCreationTime: dateTimeOf(bootstrappingInfoCreationTime),
    }),
  );
}

// @clause TS 29.309 §5.2.2.2 s2, s3
/** Ignores members that it does not know. @throws NbspError `malformed` */
export function parseBootstrappingInfoResponse(body: Uint8Array): BootstrappingInfoResponse {
  return parseJsonBody(body, response, malformed);
}
