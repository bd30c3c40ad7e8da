import { CS_ID_MAP_TYPE, DATA_TYPE, PRF_FUNC, VERSION } from '../constants.ts';
import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';

/** A crypto session of SRTP in the CS ID map (RFC 3830 §6.1.1). */
export interface SrtpStream {
  readonly policyNo: number;
  readonly ssrc: number;
  readonly roc: number;
}

/** The crypto sessions of a message. The empty map of RFC 4563 is for keys that belong to no session. */
export type CsIdMap =
  | { readonly kind: 'empty' }
  | { readonly kind: 'srtp-id'; readonly streams: readonly SrtpStream[] };

/**
 * The common header (RFC 3830 §6.1).
 *
 *     version (1) | data type (1) | next payload (1) | V (1 bit) PRF func (7 bits)
 *     CSB ID (4)
 *     #CS (1) | CS ID map type (1) | CS ID map info (9 for each CS with SRTP-ID)
 */
export interface CommonHeader {
  readonly dataType: number;
  /** The V-bit: requests a verification message from the responder. */
  readonly verificationRequested: boolean;
  readonly csbId: number;
  readonly csIdMap: CsIdMap;
}

const V_BIT = 0x80;

/** Returns the header and the type of the payload after it. @throws MikeyError */
export function decodeHeader(reader: Reader): { header: CommonHeader; next: number } {
  if (reader.uint(1, 'HDR version') !== VERSION) reader.refuse('unknown-version', 'HDR version');
  const dataType = reader.uint(1, 'HDR data type');
  if (!Object.values<number>(DATA_TYPE).includes(dataType))
    reader.refuse('unknown-data-type', 'HDR data type');
  const next = reader.uint(1, 'HDR next payload');
  const flags = reader.uint(1, 'HDR V and PRF func');
  if ((flags & ~V_BIT) !== PRF_FUNC.MIKEY_1) reader.refuse('unknown-prf', 'HDR PRF func');
  const csbId = reader.uint(4, 'HDR CSB ID');
  const sessions = reader.uint(1, 'HDR #CS');
  const mapType = reader.uint(1, 'HDR CS ID map type');
  const csIdMap = decodeMap(reader, sessions, mapType);
  return { header: { dataType, verificationRequested: (flags & V_BIT) !== 0, csbId, csIdMap }, next };
}

/** @throws MikeyError `bad-value` */
export function encodeHeader(writer: Writer, header: CommonHeader, next: number): void {
  const { csIdMap } = header;
  const streams = csIdMap.kind === 'empty' ? [] : csIdMap.streams;
  writer
    .uint(1, VERSION, 'HDR version')
    .uint(1, header.dataType, 'HDR data type')
    .uint(1, next, 'HDR next payload')
    .uint(1, (header.verificationRequested ? V_BIT : 0) | PRF_FUNC.MIKEY_1, 'HDR V and PRF func')
    .uint(4, header.csbId, 'HDR CSB ID')
    .uint(1, streams.length, 'HDR #CS')
    .uint(1, csIdMap.kind === 'empty' ? CS_ID_MAP_TYPE.EMPTY : CS_ID_MAP_TYPE.SRTP_ID, 'HDR CS ID map type');
  for (const { policyNo, ssrc, roc } of streams) {
    writer.uint(1, policyNo, 'HDR policy no').uint(4, ssrc, 'HDR SSRC').uint(4, roc, 'HDR ROC');
  }
}

function decodeMap(reader: Reader, sessions: number, mapType: number): CsIdMap {
  if (mapType === CS_ID_MAP_TYPE.EMPTY) {
    if (sessions !== 0) reader.refuse('bad-value', 'HDR #CS of an empty map');
    return { kind: 'empty' };
  }
  if (mapType !== CS_ID_MAP_TYPE.SRTP_ID) reader.refuse('unknown-type', 'HDR CS ID map type');
  const streams: SrtpStream[] = [];
  for (let session = 0; session < sessions; session++) {
    streams.push({
      policyNo: reader.uint(1, 'HDR policy no'),
      ssrc: reader.uint(4, 'HDR SSRC'),
      roc: reader.uint(4, 'HDR ROC'),
    });
  }
  return { kind: 'srtp-id', streams };
}
