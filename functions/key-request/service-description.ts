import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { FrontDoorRequest, HttpResponse } from '../../lib/front-door/index.ts';
import { percentDecoded } from '../../lib/front-door/request.ts';
import { CURRENT_KEY_NUMBER, mskId } from '../../lib/keys/msk-id.ts';
import { encodeSecurityDescriptionJson } from '../../lib/service-description/json.ts';
import type { SecurityDescription } from '../../lib/service-description/security-description.ts';
import {
  encodeSecurityDescriptionXml,
  SECURITY_DESCRIPTION_MEDIA_TYPE,
} from '../../lib/service-description/xml.ts';
import type { UserService } from '../../lib/store/registration/user-service.ts';

const seconds = v.pipe(v.number(), v.integer('a whole number'), v.minValue(0), v.maxValue(86_400));

/** What `bmsc.serviceDescription` and the environment of the function have in common. */
export const serviceDescriptionEntries = {
  /** Key management URIs that UEs are told. */
  servers: v.optional(
    v.pipe(
      v.array(
        v.pipe(v.string(), v.url('an http or https URI'), v.regex(/^https?:\/\//, 'an http or https URI')),
      ),
      v.minLength(1, 'one server or more'),
      v.maxLength(16),
    ),
  ),
  /** How long UEs wait before a request, and within which time besides, in seconds. */
  offsetTime: v.optional(seconds, 0),
  randomTimePeriod: v.optional(seconds, 0),
  /** How long a copy is good, in seconds. */
  maxAgeSeconds: v.optional(seconds, 300),
};

const schema = v.strictObject(serviceDescriptionEntries);

/** How descriptions are served, with the defaults filled in. */
export type ServiceDescriptionSettings = v.InferOutput<typeof schema>;

/** The same as it stands in the function's environment: JSON. */
export const serviceDescriptionOfText = v.pipe(v.string(), v.parseJson(), schema);

/** Where descriptions are: `/servicedescription/xml/` or `/json/`, and the User Service, percent-encoded. */
export const SERVICE_DESCRIPTION_PATH = '/servicedescription';

const FORMATS = {
  xml: { encode: encodeSecurityDescriptionXml, type: SECURITY_DESCRIPTION_MEDIA_TYPE },
  json: { encode: encodeSecurityDescriptionJson, type: 'application/json' },
} as const;

/** What descriptions are made from. */
export interface ServiceDescriptionContext {
  readonly settings: ServiceDescriptionSettings;
  /** The key management URI where the settings name no server. */
  readonly keyManagementUrl: string;
  readonly loadService: (serviceId: string) => Promise<UserService | undefined>;
}

/** How a request for a description ends. */
export type ServiceDescriptionResult = 'described' | 'unchanged' | 'unknown' | 'wrong-method';

/**
 * Answers a request for the security description of a User Service, which holds no key and is for everybody.
 * One read.
 * @returns undefined for a request of something else
 * @throws StoreError or the SDK's errors
 */
export async function describeService(
  { settings, keyManagementUrl, loadService }: ServiceDescriptionContext,
  {
    method,
    path,
    otherPaths = [],
    headers,
  }: Pick<FrontDoorRequest, 'method' | 'path' | 'otherPaths' | 'headers'>,
): Promise<{ readonly response: HttpResponse; readonly result: ServiceDescriptionResult } | undefined> {
  const own = [path, ...otherPaths].find((each) => each.startsWith(`${SERVICE_DESCRIPTION_PATH}/`));
  if (own === undefined) return undefined;
  if (method !== 'GET' && method !== 'HEAD')
    return { result: 'wrong-method', response: { status: 405, headers: { allow: 'GET, HEAD' }, body: '' } };
  const [, format, name] = /^\/(xml|json)\/(.+)$/s.exec(own.slice(SERVICE_DESCRIPTION_PATH.length)) ?? [];
  const service = name === undefined ? undefined : await loadService(percentDecoded(name));
  if (service === undefined || (format !== 'xml' && format !== 'json'))
    return {
      result: 'unknown',
      response: { status: 404, headers: { 'cache-control': 'no-cache' }, body: '' },
    };
  const { encode, type } = FORMATS[format];
  const body = encode(descriptionOf(settings, keyManagementUrl, service));
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const validators = { etag, 'cache-control': `public, max-age=${settings.maxAgeSeconds}` };
  if (isHeld(headers.get('if-none-match'), etag))
    return { result: 'unchanged', response: { status: 304, headers: validators, body: '' } };
  const response = { status: 200, headers: { ...validators, 'content-type': type }, body };
  return { result: 'described', response: method === 'HEAD' ? { ...response, body: '' } : response };
}

function descriptionOf(
  { servers, offsetTime, randomTimePeriod }: ServiceDescriptionSettings,
  keyManagementUrl: string,
  { keyGroups }: UserService,
): SecurityDescription {
  const isImmediate = offsetTime === 0 && randomTimePeriod === 0;
  return {
    servers: servers ?? [keyManagementUrl],
    backOff: isImmediate ? undefined : { offsetTime, randomTimePeriod },
    keys: keyGroups.map(({ keyDomainId, keyGroup }) => ({
      ...{ keyDomainId, mskId: mskId(keyGroup, CURRENT_KEY_NUMBER), flows: [] },
    })),
  };
}

/** Whether the asker's copy is this one (RFC 9110 §13.1.2): weak comparison, any of a list, or `*`. */
function isHeld(ifNoneMatch: string | undefined, etag: string): boolean {
  const held = (ifNoneMatch ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''));
  return held.includes('*') || held.includes(etag);
}
