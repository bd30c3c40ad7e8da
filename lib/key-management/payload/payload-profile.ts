import * as v from 'valibot';
import { CodedError } from '../../coded-error.ts';
import { MEDIA_TYPE } from './mime.ts';
import { areInEachOthersWay, isLocalName, type NodePath, parseNodePath } from './node-path.ts';

/** A payload profile that can't be used; the message names the member and what it takes. */
export class PayloadProfileError extends CodedError<'bad-profile'> {
  override readonly name = 'PayloadProfileError';
}

const xmlName = v.pipe(v.string(), v.check(isLocalName, 'an XML name of 1 to 64 characters, without prefix'));

const namespace = v.pipe(
  v.string(),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no control character may stand in it.
  v.regex(/^[^\s\u0000-\u001f<>"]{0,256}$/, 'a URI of at most 256 characters, or "" for none'),
);

/** A path of elements; `.`: the root itself is the one item. */
const itemPath = v.pipe(
  v.string(),
  v.check(
    (text) => parseNodePath(text) !== undefined && !text.includes('@'),
    'a path of elements such as MSK or list/MSK, or "." for the root',
  ),
  v.transform(nodePathOf),
);

const fieldPath = v.pipe(
  v.string(),
  v.check(
    (text) => parseNodePath(text) !== undefined,
    'a path within the item such as MSKID, key/MSKID or @id, or "." for its text',
  ),
  v.transform(nodePathOf),
);

const requestType = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9._~-]{1,64}$/, 'letters, digits and the signs . _ ~ -'),
);

const mediaType = v.pipe(
  v.string(),
  v.regex(/^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/, 'a media type without parameters'),
  v.toLowerCase(),
);

const responseCode = v.pipe(
  v.string(),
  v.regex(/^[!-~]{1,32}$/, '1 to 32 characters of ASCII without blanks'),
);

type Common = Readonly<Record<'mediaType' | 'namespace' | 'root' | 'item', string>>;

/** The members that every document has, with their defaults. */
const common = (of: Common) => ({
  mediaType: v.optional(mediaType, of.mediaType),
  /** Of the documents that are sent; any namespace is taken. */
  namespace: v.optional(namespace, of.namespace),
  root: v.optional(xmlName, of.root),
  /** Where its items stand below the root. */
  item: v.optional(itemPath, of.item),
});

const serviceRequest = (type: string, of: Common) =>
  v.optional(
    v.pipe(
      v.strictObject({
        requestType: v.optional(requestType, type),
        ...common(of),
        serviceId: v.optional(fieldPath, '.'),
      }),
    ),
    {},
  );

const serviceResponse = (of: Common) =>
  v.optional(
    v.pipe(
      v.strictObject({
        ...common(of),
        serviceId: v.optional(fieldPath, 'serviceID'),
        responseCode: v.optional(fieldPath, 'responseCode'),
      }),
      v.check(({ serviceId, responseCode: code }) => !areInEachOthersWay(serviceId, code), IN_THE_WAY),
    ),
    {},
  );

const IN_THE_WAY = 'paths of an item that are apart: here one is the other, or lies within its text';

const KEY_PATHS = {
  keyDomainId: v.optional(fieldPath, 'keyDomainID'),
  mskId: v.optional(fieldPath, 'MSKID'),
};

const REGISTER_RESPONSE: Common = {
  mediaType: MEDIA_TYPE.registerResponse,
  namespace: 'urn:3GPP:metadata:2005:MBMS:registerResponse',
  root: 'mbmsSecurityRegisterResponse',
  item: 'Response',
};

/**
 * What no text at hand verifies about the payloads of requests and answers. The defaults are unverified
 * [M-lo], docs/conformance.md: TS 26.346 §11.4 to §11.8 could not be read; only `msk-request`, the media
 * types and the namespace of the MSK response are verified.
 */
const payloadProfile = v.pipe(
  v.strictObject({
    $schema: v.optional(v.string()),
    /** How the document stands in a request's body: in Base64 (TS 33.246 §G.2.3), or as it is. */
    requestBody: v.optional(v.picklist(['base64', 'xml']), 'base64'),
    answerBody: v.optional(v.picklist(['base64', 'xml']), 'base64'),
    /** Whether an answer has a body when all its items are granted, too. */
    answers: v.optional(v.picklist(['when-refused', 'always']), 'when-refused'),
    /** `unqualified`: only the root is in the namespace (elementFormDefault of XML Schema). */
    elements: v.optional(v.picklist(['qualified', 'unqualified']), 'qualified'),
    /** How the octets of Key Domain IDs and MSK IDs are written. */
    identifiers: v.optional(v.picklist(['base64', 'hex']), 'base64'),
    responseCodes: v.optional(
      v.pipe(
        v.strictObject({
          granted: v.optional(responseCode, '200'),
          forbidden: v.optional(responseCode, '403'),
          unknown: v.optional(responseCode, '404'),
        }),
        v.check((codes) => areDifferent(Object.values(codes)), 'three different codes'),
      ),
      {},
    ),
    register: serviceRequest('register', {
      mediaType: MEDIA_TYPE.registerRequest,
      namespace: 'urn:3GPP:metadata:2005:MBMS:register',
      root: 'mbmsSecurityRegister',
      item: 'serviceID',
    }),
    deregister: serviceRequest('deregister', {
      mediaType: MEDIA_TYPE.deregisterRequest,
      namespace: 'urn:3GPP:metadata:2005:MBMS:deregister',
      root: 'mbmsSecurityDeregister',
      item: 'serviceID',
    }),
    mskRequest: v.optional(
      v.pipe(
        v.strictObject({
          requestType: v.optional(requestType, 'msk-request'),
          ...common({
            mediaType: MEDIA_TYPE.mskRequest,
            namespace: 'urn:3GPP:metadata:2005:MBMS:msk',
            root: 'mbmsMSKRequest',
            item: 'MSK',
          }),
          ...KEY_PATHS,
        }),
        v.check(({ keyDomainId, mskId }) => !areInEachOthersWay(keyDomainId, mskId), IN_THE_WAY),
      ),
      {},
    ),
    registerResponse: serviceResponse(REGISTER_RESPONSE),
    /** What it leaves out is as in `registerResponse`. */
    deregisterResponse: serviceResponse(REGISTER_RESPONSE),
    mskResponse: v.optional(
      v.pipe(
        v.strictObject({
          ...common({
            mediaType: MEDIA_TYPE.mskResponse,
            namespace: 'urn:3GPP:metadata:2005:MBMS:mskResponse',
            root: 'mbmsMSKResponse',
            item: 'Response',
          }),
          ...KEY_PATHS,
          responseCode: v.optional(fieldPath, 'responseCode'),
        }),
        v.check(
          ({ keyDomainId, mskId, responseCode: code }) =>
            !areInEachOthersWay(keyDomainId, mskId) &&
            !areInEachOthersWay(keyDomainId, code) &&
            !areInEachOthersWay(mskId, code),
          IN_THE_WAY,
        ),
      ),
      {},
    ),
  }),
  v.check(
    ({ register, deregister, mskRequest }) =>
      areDifferent([register, deregister, mskRequest].map((each) => each.requestType)),
    'register, deregister and mskRequest take three different values of requestType',
  ),
);

/** A payload profile as an operator writes it; each member may be left out. */
export type PayloadProfileInput = v.InferInput<typeof payloadProfile>;

/** A payload profile with its defaults filled in. */
export type PayloadProfile = Readonly<v.InferOutput<typeof payloadProfile>>;

/** The documents of requests, by their members of the profile. */
export const REQUEST_DOCUMENTS = ['register', 'deregister', 'mskRequest'] as const;

/** The documents of answers. */
export const RESPONSE_DOCUMENTS = ['registerResponse', 'deregisterResponse', 'mskResponse'] as const;

/** A document, by its member of the profile. */
export type DocumentName = (typeof REQUEST_DOCUMENTS)[number] | (typeof RESPONSE_DOCUMENTS)[number];

/** Checks a payload profile as it stands in JSON. @throws PayloadProfileError with each wrong member */
export function parsePayloadProfile(input: unknown): PayloadProfile {
  if (!isRecord(input)) throw new PayloadProfileError('bad-profile', 'a payload profile is a JSON object');
  const parsed = v.safeParse(payloadProfile, withDeregisterResponse(input));
  if (parsed.success) return parsed.output;
  const lines = new Set(parsed.issues.map((issue) => lineOf(v.getDotPath(issue) ?? '', issue)));
  throw new PayloadProfileError('bad-profile', [...lines].join('; '));
}

/** The profile of documents as this product sends them where nobody says otherwise. */
export const DEFAULT_PAYLOAD_PROFILE: PayloadProfile = parsePayloadProfile({});

function withDeregisterResponse(input: Readonly<Record<string, unknown>>): unknown {
  const { registerResponse, deregisterResponse } = input;
  if (!isRecord(registerResponse)) return input;
  if (deregisterResponse !== undefined && !isRecord(deregisterResponse)) return input;
  return { ...input, deregisterResponse: { ...registerResponse, ...deregisterResponse } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lineOf(member: string, issue: v.BaseIssue<unknown>): string {
  const isUnknown = issue.type === 'strict_object' && issue.expected === 'never';
  const message = isUnknown ? 'there is no such member' : issue.message;
  return member === '' ? message : `${member}: ${message}`;
}

function areDifferent(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

function nodePathOf(text: string): NodePath {
  return parseNodePath(text) ?? { text, elements: [] };
}
