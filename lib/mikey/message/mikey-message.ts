import { PAYLOAD } from '../constants.ts';
import { MikeyError } from '../errors.ts';
import { decodeErrorNo, encodeErrorNo } from '../payload/err.ts';
import {
  decodeExtension,
  encodeExtension,
  type GeneralExtension,
  type KeyIds,
  keyIdsOf,
} from '../payload/ext.ts';
import { type CommonHeader, decodeHeader, encodeHeader } from '../payload/hdr.ts';
import { decodeIdentity, encodeIdentity, type Identity } from '../payload/id.ts';
import { decodeKemac, encodeKemac, type Kemac } from '../payload/kemac.ts';
import { decodeRand, encodeRand } from '../payload/rand.ts';
import { decodeSecurityPolicy, encodeSecurityPolicy, type SecurityPolicy } from '../payload/sp.ts';
import { counterOf, decodeTimestamp, encodeTimestamp, type Timestamp } from '../payload/t.ts';
import { decodeVerification, encodeVerification, type Verification } from '../payload/v.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

/** The payloads of a message, still encrypted. */
export interface MikeyPayloads {
  readonly header: CommonHeader;
  readonly timestamp: Timestamp;
  readonly rand?: Uint8Array;
  /** In their order. In a message of the initiator the first is IDi and the second IDr. */
  readonly identities: readonly Identity[];
  readonly securityPolicies: readonly SecurityPolicy[];
  readonly extensions: readonly GeneralExtension[];
  readonly errorNos: readonly number[];
  readonly kemac?: Kemac;
  readonly verification?: Verification;
}

/** A received message, and the values that follow from its payloads. */
export interface MikeyMessage extends Omit<MikeyPayloads, 'timestamp'> {
  readonly timestamp: Timestamp & { readonly counter: number | undefined };
  readonly idi: Identity | undefined;
  readonly idr: Identity | undefined;
  readonly keyIds: KeyIds;
  readonly octets: Uint8Array;
}

/**
 * Decodes the chain of payloads (RFC 3830 §5.3, §6) without a key; nothing is authenticated yet. T comes
 * first after the header, KEMAC or V last, the others in any order. Each may come once, except ID, SP, ERR
 * and EXT. Refuses a payload of unknown type, because its length is unknown; ignores an unknown extension.
 * @throws MikeyError
 */
export function decodeMikeyMessage(octets: Uint8Array): MikeyMessage {
  const reader = new Reader(octets);
  const { header, next: first } = decodeHeader(reader);
  const found: Found = { identities: [], securityPolicies: [], extensions: [], errorNos: [] };
  for (let type = first; type !== PAYLOAD.LAST; ) {
    if (found.kemac !== undefined || found.verification !== undefined)
      reader.refuse('misplaced-payload', 'payload after the MAC');
    const next = reader.uint(1, 'next payload');
    decodePayload(reader, type, found);
    type = next;
  }
  reader.end('message');
  const { timestamp, identities } = found;
  if (timestamp === undefined) throw new MikeyError('missing-payload', { field: 'T' });
  if (header.csIdMap.kind === 'empty' && found.securityPolicies.length > 0) {
    throw new MikeyError('misplaced-payload', { field: 'SP with an empty CS ID map' });
  }
  const [one, other, ...more] = identities;
  if (more.length > 0) throw new MikeyError('duplicate-payload', { field: 'ID' });
  const isResponse = found.kemac === undefined;
  return {
    ...found,
    header,
    timestamp: { ...timestamp, counter: counterOf(timestamp) },
    idi: isResponse ? undefined : one,
    idr: isResponse ? one : other,
    keyIds: keyIdsOf(found.extensions),
    octets: Uint8Array.from(octets),
  };
}

/**
 * Encodes HDR, T, RAND, ID…, SP…, EXT…, ERR…, and KEMAC or V last (RFC 3830 §3.1). The order in between is a
 * project choice, docs/conformance.md.
 * @throws MikeyError `bad-value`
 */
export function encodeMikeyMessage(payloads: MikeyPayloads): Uint8Array {
  const { rand, kemac, verification } = payloads;
  type Part = readonly [type: number, write: (writer: Writer) => void];
  const parts: Part[] = [
    [PAYLOAD.T, (writer) => encodeTimestamp(writer, payloads.timestamp)],
    ...(rand === undefined ? [] : [[PAYLOAD.RAND, (writer) => encodeRand(writer, rand)] as Part]),
    ...payloads.identities.map(
      (identity): Part => [PAYLOAD.ID, (writer) => encodeIdentity(writer, identity)],
    ),
    ...payloads.securityPolicies.map(
      (policy): Part => [PAYLOAD.SP, (writer) => encodeSecurityPolicy(writer, policy)],
    ),
    ...payloads.extensions.map(
      (extension): Part => [PAYLOAD.GENERAL_EXT, (writer) => encodeExtension(writer, extension)],
    ),
    ...payloads.errorNos.map((errorNo): Part => [PAYLOAD.ERR, (writer) => encodeErrorNo(writer, errorNo)]),
    ...(kemac === undefined ? [] : [[PAYLOAD.KEMAC, (writer) => encodeKemac(writer, kemac)] as Part]),
    ...(verification === undefined
      ? []
      : [[PAYLOAD.V, (writer) => encodeVerification(writer, verification)] as Part]),
  ];
  const writer = new Writer();
  encodeHeader(writer, payloads.header, parts[0]?.[0] ?? PAYLOAD.LAST);
  for (const [index, [, write]] of parts.entries()) {
    writer.uint(1, parts[index + 1]?.[0] ?? PAYLOAD.LAST, 'next payload');
    write(writer);
  }
  return writer.toOctets();
}

interface Found {
  timestamp?: Timestamp;
  rand?: Uint8Array;
  identities: Identity[];
  securityPolicies: SecurityPolicy[];
  extensions: GeneralExtension[];
  errorNos: number[];
  kemac?: Kemac;
  verification?: Verification;
}

function decodePayload(reader: Reader, type: number, found: Found): void {
  const once = (isThere: boolean, field: string) => {
    if (isThere) reader.refuse('duplicate-payload', field);
  };
  if (found.timestamp === undefined && type !== PAYLOAD.T)
    reader.refuse('misplaced-payload', 'T must be the first payload');
  switch (type) {
    case PAYLOAD.T:
      once(found.timestamp !== undefined, 'T');
      found.timestamp = decodeTimestamp(reader);
      break;
    case PAYLOAD.RAND:
      once(found.rand !== undefined, 'RAND');
      found.rand = decodeRand(reader);
      break;
    case PAYLOAD.ID:
      found.identities.push(decodeIdentity(reader));
      break;
    case PAYLOAD.SP:
      found.securityPolicies.push(decodeSecurityPolicy(reader));
      break;
    case PAYLOAD.GENERAL_EXT:
      found.extensions.push(decodeExtension(reader));
      break;
    case PAYLOAD.ERR:
      found.errorNos.push(decodeErrorNo(reader));
      break;
    case PAYLOAD.KEMAC:
      found.kemac = decodeKemac(reader);
      break;
    case PAYLOAD.V:
      found.verification = decodeVerification(reader);
      break;
    default:
      reader.refuse('unknown-payload', `payload type ${type}`);
  }
}
