import { type FrontDoorRequest, queryParameters } from '../front-door/index.ts';
import { deregister } from './deregister.ts';
import { mskRequest } from './msk-request.ts';
import { parseMediaType } from './payload/mime.ts';
import type { Procedure } from './procedure.ts';
import { register } from './register.ts';

/** A request that can be refused without looking at who sends it. */
export interface Rejection {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Octets of a request's body: room for 64 items and generous markup. */
export const MAX_BODY_LENGTH = 65_536;

/** URI parameter by which a UE names its UDP port for MIKEY (project-defined, docs/conformance.md). */
export const UE_PORT_PARAMETER = 'mikey-port';

const PROCEDURES: readonly Procedure<unknown>[] = [
  register,
  deregister,
  mskRequest,
] as readonly Procedure<unknown>[];

/** The procedure that the Request-URI and headers ask for (TS 33.246 §G.2.3), or why there is none. */
export function procedureOf(request: FrontDoorRequest, path: string): Procedure<unknown> | Rejection {
  if (request.path !== path)
    return rejection(404, 'unknown-path', `the key management URI has the path ${path}`);
  if (request.method !== 'POST') {
    return {
      ...rejection(405, 'method-not-allowed', 'key management requests are POST'),
      headers: { allow: 'POST' },
    };
  }
  const requestTypes = queryParameters(request).get('requesttype') ?? [];
  const procedure = PROCEDURES.find(
    ({ requestType }) => requestTypes.length === 1 && requestTypes[0] === requestType,
  );
  if (procedure === undefined) {
    const known = PROCEDURES.map(({ requestType }) => requestType).join(', ');
    return rejection(
      400,
      'bad-requesttype',
      `the Request-URI needs one parameter requesttype out of: ${known}`,
    );
  }
  if (parseMediaType(request.headers.get('content-type') ?? '') !== procedure.contentType) {
    return rejection(
      415,
      'bad-content-type',
      `requesttype=${procedure.requestType} takes ${procedure.contentType}`,
    );
  }
  if (request.body.length > MAX_BODY_LENGTH) {
    return rejection(
      413,
      'too-large',
      `the body may have ${MAX_BODY_LENGTH} octets, this one has ${request.body.length}`,
    );
  }
  return procedure;
}

/** The UDP port that the UE names in the Request-URI, `otherwise` when it names none, undefined when it is no port. */
export function uePortOf(request: FrontDoorRequest, otherwise: number): number | undefined {
  const values = queryParameters(request).get(UE_PORT_PARAMETER);
  if (values === undefined) return otherwise;
  const port = Number(values.length === 1 && /^[0-9]{1,5}$/.test(values[0] ?? '') ? values[0] : Number.NaN);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function rejection(status: number, reason: string, message: string): Rejection {
  return { status, reason, message };
}
