import { type FrontDoorRequest, normalisedPath, queryParameters } from '../front-door/index.ts';
import { type Rejection, rejection } from './denial.ts';
import { deregister } from './deregister.ts';
import { mskRequest } from './msk-request.ts';
import { parseMediaType } from './payload/mime.ts';
import { mismatchAt } from './payload/mismatch.ts';
import type { PayloadProfile } from './payload/payload-profile.ts';
import type { Procedure } from './procedure.ts';
import { register } from './register.ts';

/** Octets of a request's body at most: room for 64 items and generous markup. */
export const MAX_BODY_LENGTH = 65_536;

/** URI parameter by which a UE names its UDP port for MIKEY (project-defined, docs/conformance.md). */
export const UE_PORT_PARAMETER = 'mikey-port';

/** The ports below are system ports (RFC 6335 §6): services behind the UE's address, which are no UEs. */
const MIN_UE_PORT = 1024;

const PROCEDURES: readonly Procedure<unknown>[] = [
  register,
  deregister,
  mskRequest,
] as readonly Procedure<unknown>[];

/**
 * The procedure that the Request-URI and headers ask for (TS 33.246 §G.2.3); a request for no procedure is
 * rejected.
 */
export function procedureOf(
  request: FrontDoorRequest,
  { path, payloadProfile }: { readonly path: string; readonly payloadProfile: PayloadProfile },
): { readonly kind: 'procedure'; readonly procedure: Procedure<unknown> } | Rejection {
  if (normalisedPath(request.path) !== normalisedPath(path))
    return rejection(404, 'unknown-path', `the key management URI has the path ${path}`);
  if (request.method !== 'POST')
    return rejection(405, 'method-not-allowed', 'key management requests are POST', {
      headers: { allow: 'POST' },
    });
  const requestTypes = queryParameters(request).get('requesttype') ?? [];
  const [requestType] = requestTypes;
  const procedure = PROCEDURES.find((each) => payloadProfile[each.request].requestType === requestType);
  if (procedure === undefined || requestTypes.length > 1) {
    const known = PROCEDURES.map((each) => payloadProfile[each.request].requestType).join(', ');
    const message = `the Request-URI needs one parameter requesttype out of: ${known}`;
    return rejection(400, 'bad-requesttype', message, {
      mismatch: mismatchAt('requestType', known, requestTypes),
    });
  }
  const { mediaType } = payloadProfile[procedure.request];
  const came = parseMediaType(request.headers.get('content-type') ?? '');
  if (came !== mediaType)
    return rejection(415, 'bad-content-type', `requesttype=${requestType} takes ${mediaType}`, {
      mismatch: mismatchAt(`${procedure.request}.mediaType`, mediaType, came === '' ? [] : [came]),
    });
  const { length } = request.body;
  if (length > MAX_BODY_LENGTH)
    return rejection(413, 'too-large', `the body may have ${MAX_BODY_LENGTH} octets, this one has ${length}`);
  return { kind: 'procedure', procedure };
}

/** The UDP port at which a UE takes MIKEY messages. */
export interface UePort {
  readonly kind: 'ue-port';
  readonly port: number;
}

/**
 * The UDP port that the UE names in the Request-URI, or `otherwise` when it names none; anything else is
 * rejected.
 */
export function uePortOf(request: FrontDoorRequest, otherwise: number): UePort | Rejection {
  const [text, ...others] = queryParameters(request).get(UE_PORT_PARAMETER) ?? [];
  if (text === undefined) return { kind: 'ue-port', port: otherwise };
  const port = others.length === 0 && /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return port >= MIN_UE_PORT && port <= 65_535
    ? { kind: 'ue-port', port }
    : rejection(400, 'bad-ue-port', `mikey-port is a UDP port from ${MIN_UE_PORT} to 65535`);
}
