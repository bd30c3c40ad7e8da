import { type Btid, parseBtid } from '../../gba/btid.ts';
import { GbaError } from '../../gba/errors.ts';
import { PayloadError } from '../../key-management/payload/errors.ts';
import { parseXml, textOf } from '../../key-management/payload/xml.ts';
import { UeError } from '../errors.ts';

/** Media type, root element and namespace of the answer on Ub (TS 24.109 annex C.1). */
export const BOOTSTRAPPING_INFO_TYPE = 'application/vnd.3gpp.bsf+xml';
const ROOT = 'BootstrappingInfo';
const NAMESPACE = 'uri:3gpp-gba';

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Octets of the document at most; an honest one has 200. */
const MAX_LENGTH = 65_536;

/** What a BSF gives a UE. */
export interface UbBootstrappingInfo {
  readonly btid: Btid;
  /** End of the key lifetime, ms since the epoch. */
  readonly expiresAt: number;
}

/** The document of the answer; its lifetime is in UTC. */
export function encodeBootstrappingInfo({ btid, expiresAt }: UbBootstrappingInfo): string {
  const lifetime = new Date(expiresAt).toISOString();
  // No character of a B-TID needs an entity.
  const children = `<btid>${btid}</btid><lifetime>${lifetime}</lifetime>`;
  return `<?xml version="1.0" encoding="UTF-8"?><${ROOT} xmlns="${NAMESPACE}">${children}</${ROOT}>`;
}

// @clause TS 24.109 annex C.1 s1, s2, s3, s4
/** Passes over elements that it does not know. @throws UeError `bad-answer` */
export function decodeBootstrappingInfo(body: Uint8Array): UbBootstrappingInfo {
  try {
    if (body.length > MAX_LENGTH) throw badAnswer('is too large');
    const root = parseXml(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (root.name !== ROOT) throw badAnswer(`has the root ${root.name}, not ${ROOT}`);
    const lifetime = textOf(root, 'lifetime');
    const expiresAt = DATE_TIME.test(lifetime) ? Date.parse(lifetime) : Number.NaN;
    if (Number.isNaN(expiresAt)) throw badAnswer('has a lifetime that is no time');
    return { btid: parseBtid(textOf(root, 'btid')), expiresAt };
  } catch (cause) {
    if (cause instanceof PayloadError || cause instanceof GbaError || cause instanceof TypeError)
      throw badAnswer('is malformed', cause);
    throw cause;
  }
}

function badAnswer(what: string, cause?: Error): UeError {
  return new UeError('bad-answer', `the BootstrappingInfo of the BSF ${what}`, { cause, status: 200 });
}
