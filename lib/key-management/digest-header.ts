import { type FrontDoorRequest, isDigestUriOfRequest } from '../front-door/index.ts';
import { type Btid, parseBtid } from '../gba/btid.ts';
import { GbaError } from '../gba/errors.ts';
import { type DigestAuthorization, DigestError, parseAuthorization } from '../http-digest/index.ts';
import { challenge, type Denial, rejection } from './denial.ts';

/** The Digest credentials of a request: well-formed, not checked yet. */
export interface Credentials {
  readonly kind: 'credentials';
  readonly authorization: DigestAuthorization;
  /** The username. */
  readonly btid: Btid;
}

/**
 * Parses the Authorization header and compares its uri with the Request-URI (RFC 7616 §3.4.6). Challenges a
 * request without Digest credentials, or with a username that is not a B-TID; no answer repeats that name.
 */
export function credentialsOf(request: FrontDoorRequest): Credentials | Denial {
  const header = request.headers.get('authorization');
  if (header === undefined || !/^digest(\s|$)/i.test(header.trimStart())) return challenge('no-credentials');
  try {
    const authorization = parseAuthorization(header);
    if (!isDigestUriOfRequest(authorization.uri, request))
      return rejection(400, 'uri-mismatch', 'the uri of the Authorization header is not the Request-URI');
    return { kind: 'credentials', authorization, btid: parseBtid(authorization.username) };
  } catch (error) {
    if (error instanceof DigestError)
      return rejection(400, `authorization-${error.code}`, `Authorization header: ${error.message}`);
    if (error instanceof GbaError) return challenge('not-a-b-tid');
    throw error;
  }
}
