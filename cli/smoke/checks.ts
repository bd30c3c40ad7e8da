import type { DigestAlgorithm } from '../../lib/http-digest/index.ts';
import {
  authorize,
  type DigestAuthorization,
  type DigestChallenge,
  DigestError,
  formatAuthorization,
  isAuthenticationInfoCorrect,
  parseAuthenticationInfo,
  parseChallenges,
} from '../../lib/http-digest/index.ts';
import type { PayloadProfile } from '../../lib/key-management/payload/payload-profile.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { type HttpAnswer, httpPost } from '../../lib/ue/http-post.ts';

/** What a check found: `fault` says what is likely wrong with the way to the BM-SC, and what to do. */
export interface Finding {
  readonly check: string;
  readonly found: string;
  readonly fault?: string;
}

/** An association that the deployment knows, for the checks behind the challenge. */
export interface SmokeCredentials {
  readonly username: string;
  readonly password: string;
}

/** The deployment under test. */
export interface SmokeTarget {
  readonly url: URL;
  readonly realm: string;
  readonly payloadProfile: PayloadProfile;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** No User Service has this name, so that a registration to it authenticates and changes nothing. */
const NO_SERVICE = 'urn:bmsc:smoke:no-such-service';

/** Queries that gateways are known to decode, join, sort or encode anew. */
const ODD_QUERIES = ['a=%2B%20b', 'a+b=c+d', 'x=1&x=2', 'empty=&also', 'uni=%C3%BC', 'path=%2Fa%2Fb'];

/** Checks that need no association: the challenge reaches a UE, under its name, new each time. */
export async function checkChallenge(target: SmokeTarget): Promise<Finding[]> {
  const one = await post(target, '');
  const check = 'a request without credentials is challenged';
  if (one.status !== 401) return [{ check, found: `status ${one.status}`, fault: faultOfStatus(one) }];
  const findings: Finding[] = [{ check, found: 'status 401' }, literalHeader(one)];
  const challenge = challengeOf(one, target.realm);
  if (typeof challenge === 'string') {
    const found = challenge;
    return [...findings, { check: 'the challenge is for this NAF', found, fault: `set --naf, or: ${found}` }];
  }
  findings.push({ check: 'the challenge is for this NAF', found: `realm ${challenge.realm}` });
  const other = challengeOf(await post(target, ''), target.realm);
  const isNew = typeof other !== 'string' && other.nonce !== challenge.nonce;
  findings.push({
    check: 'each challenge is new',
    found: isNew ? 'two different nonces' : 'the same nonce twice',
    ...(isNew ? {} : { fault: 'answers are cached on the way: switch caching off for this path' }),
  });
  return findings;
}

/** Checks with an association: body, Authentication-Info, and odd queries come through unchanged. */
export async function checkAuthenticated(
  target: SmokeTarget,
  credentials: SmokeCredentials,
): Promise<Finding[]> {
  const body = encodeRegisterRequest([NO_SERVICE], target.payloadProfile);
  const check = 'a request with credentials is accepted';
  const answer = await authenticated(target, credentials, '', body);
  if (answer.status !== 200) {
    const withoutBody = await authenticated(target, credentials, '', '');
    const fault =
      answer.status === 401 && withoutBody.status !== 401
        ? "the octets of a request's body are changed on the way: is it decoded, re-encoded, or is its Base64 flag lost?"
        : faultOfStatus(answer);
    return [{ check, found: `status ${answer.status}`, fault }];
  }
  const findings: Finding[] = [{ check, found: 'status 200' }, authenticationInfo(answer, credentials)];
  for (const query of ODD_QUERIES) {
    const odd = await authenticated(target, credentials, query, body);
    findings.push({
      check: `the query ${query} comes through`,
      found: `status ${odd.status}`,
      ...(odd.status === 200
        ? {}
        : {
            fault: `the query is changed on the way (the uri of Authorization no longer means it): ${textOf(odd)}`,
          }),
    });
  }
  return findings;
}

type Answered = HttpAnswer & { readonly authorization?: DigestAuthorization };

async function authenticated(
  target: SmokeTarget,
  { username, password }: SmokeCredentials,
  query: string,
  body: string,
): Promise<Answered> {
  const challenged = await post(target, query);
  const challenge = challengeOf(challenged, target.realm);
  if (typeof challenge === 'string') return challenged;
  const authorization = authorize({
    challenge,
    username,
    password,
    method: 'POST',
    uri: targetOf(target, query),
    entityBody: Buffer.from(body),
    cnonce: Buffer.from(target.randomOctets(16)).toString('hex'),
    nc: 1,
  });
  const headers = { authorization: formatAuthorization(authorization) };
  return { ...(await post(target, query, body, headers)), authorization };
}

function literalHeader({ headers }: HttpAnswer): Finding {
  const check = 'the challenge bears its own name';
  const header = headers['www-authenticate'];
  if (header !== undefined && /^digest /i.test(header))
    return { check, found: `www-authenticate: ${header.slice(0, 40)}…` };
  const renamed = Object.keys(headers).find((name) => name.endsWith('remapped-www-authenticate'));
  if (renamed !== undefined) {
    const fault =
      'the gateway renames it: is this a REST API or a Function URL, or is the response mapping for 401 missing?';
    return { check, found: renamed, fault };
  }
  const fault = 'something on the way drops WWW-Authenticate: no UE can authenticate';
  return { check, found: header === undefined ? 'no such header' : header, fault };
}

function authenticationInfo(
  { headers, body, authorization }: Answered,
  { password }: SmokeCredentials,
): Finding {
  const check = 'the answer authenticates the BM-SC';
  const header = headers['authentication-info'];
  if (typeof header !== 'string') {
    return {
      check,
      found: 'no Authentication-Info',
      fault: 'something on the way drops Authentication-Info: UEs refuse the answer',
    };
  }
  try {
    const info = parseAuthenticationInfo(header);
    if (
      authorization !== undefined &&
      isAuthenticationInfoCorrect({ info, authorization, password, entityBody: body })
    )
      return { check, found: `rspauth is right for ${body.length} octets of body` };
  } catch (error) {
    if (!(error instanceof DigestError)) throw error;
  }
  const fault =
    "the octets of the answer's body are changed on the way, or it is not this BM-SC that answered";
  return { check, found: 'rspauth is wrong', fault };
}

/** The challenge, by the copy where the header itself is gone, so that later checks still say something. */
function challengeOf({ headers }: HttpAnswer, realm: string): DigestChallenge | string {
  const copy = headers['x-bmsc-challenge'];
  const header = headers['www-authenticate'] ?? (typeof copy === 'string' ? copy : undefined);
  if (header === undefined) return 'there is no challenge';
  try {
    const challenges = parseChallenges(header);
    const known: readonly DigestAlgorithm[] = ['MD5', 'SHA-256'];
    const own = challenges.find((each) => each.realm === realm && known.includes(each.algorithm));
    return own ?? `its realms are ${challenges.map((each) => each.realm).join(', ')}, not ${realm}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function faultOfStatus(answer: HttpAnswer): string {
  const text = textOf(answer);
  if (answer.status >= 300 && answer.status < 400)
    return `requests are redirected to ${answer.headers.location}: UEs of TS 33.246 do not follow; allow http, or name the https URI`;
  if (answer.status === 401) return 'the association is not known there, has expired, or is for another NAF';
  if (answer.status === 403 && text.includes('past its edge'))
    return 'this URI leads past the edge: use the stack output KeyManagementUrl';
  if (answer.status === 403)
    return 'the gateway refuses it: is the Host header forwarded to it, or the API called by a wrong name?';
  if (answer.status === 404)
    return 'the path is not that of the key management URI: does a stage stand in it?';
  if (answer.status >= 500) return `the function fails: read its log. It says: ${text}`;
  return `it says: ${text}`;
}

function post(
  target: SmokeTarget,
  query: string,
  body = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const url = new URL(target.url.origin);
  const [path = '', search = ''] = targetOf(target, query).split('?');
  url.pathname = path;
  url.search = search;
  const sent = {
    'content-type': target.payloadProfile.register.mediaType,
    'user-agent': 'bmsc-smoke 3gpp-gba',
    ...headers,
  };
  return httpPost(url, { ...sent, 'content-length': String(Buffer.byteLength(body)) }, body);
}

function targetOf({ url, payloadProfile }: SmokeTarget, query: string): string {
  const parameters = [`requesttype=${payloadProfile.register.requestType}`, query].filter(
    (part) => part !== '',
  );
  return `${url.pathname}?${parameters.join('&')}`;
}

function textOf({ body }: HttpAnswer): string {
  return Buffer.from(body).toString('utf8').trim().slice(0, 200);
}
