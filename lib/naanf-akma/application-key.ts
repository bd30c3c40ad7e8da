import * as v from 'valibot';
import { type Btid, parseBtid } from '../gba/btid.ts';
import { dateTime, dateTimeOf, hexOf, key, parsedBy, text } from '../sbi-json/fields.ts';
import { parseJsonBody } from '../sbi-json/json-body.ts';
import { NaanfError } from './errors.ts';

/** The resource of the custom operation, below the apiRoot (TS 29.535 §5.1). */
export const APPLICATION_KEY_PATH = '/naanf-akma/v1/retrieve-applicationkey';

const request = v.object({
  afId: v.pipe(text(300), v.nonEmpty()),
  aKId: v.pipe(v.string(), parsedBy(parseBtid)),
  anonInd: v.optional(v.boolean(), false),
});

/** An AF asks for the K_AF of an A-KID (AkmaAfKeyRequest, TS 29.522 annex A). */
export interface ApplicationKeyRequest {
  /** AF_ID: FQDN and Ua* security protocol identifier (TS 33.535 annex A.4). */
  readonly afId: string;
  readonly aKId: Btid;
  /** Whether the answer is to name no subscriber. */
  readonly anonInd: boolean;
}

/** `kaf` is a text in the definition; 32 octets in hex is a reading, docs/conformance.md. */
const response = v.object({
  kaf: key(32),
  expiry: dateTime,
  supi: v.optional(text(300)),
  gpsi: v.optional(text(300)),
});

/** K_AF, 32 octets, and when it expires, ms since the epoch (AkmaAfKeyData, TS 29.522 annex A). */
export type ApplicationKeyResponse = v.InferOutput<typeof response>;

/** The JSON body of a request. */
export function encodeApplicationKeyRequest(request: ApplicationKeyRequest): Uint8Array {
  const { afId, aKId, anonInd } = request;
  return Buffer.from(JSON.stringify({ afId, aKId, anonInd }));
}

/** @throws NaanfError `malformed` */
export function parseApplicationKeyRequest(body: Uint8Array): ApplicationKeyRequest {
  return parseJsonBody(body, request, malformed);
}

/** The JSON body of a response. It has a key in it: it goes to the AF, and nowhere else. */
export function encodeApplicationKeyResponse(response: ApplicationKeyResponse): Uint8Array {
  const { kaf, expiry, supi, gpsi } = response;
  return Buffer.from(JSON.stringify({ kaf: hexOf(kaf), expiry: dateTimeOf(expiry), supi, gpsi }));
}

/** Ignores members that it does not know. @throws NaanfError `malformed` */
export function parseApplicationKeyResponse(body: Uint8Array): ApplicationKeyResponse {
  return parseJsonBody(body, response, malformed);
}

function malformed(message: string): NaanfError {
  return new NaanfError('malformed', message);
}
