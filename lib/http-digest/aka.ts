import type { SecretKey } from '../keys/secret-key.ts';
import { authorizationIn, authorizationParams, type DigestAuthorization } from './authorization.ts';
import type { DigestChallenge } from './challenge.ts';
import { DigestError } from './errors.ts';
import {
  type AuthParams,
  digestParams,
  needParam,
  parseCredentials,
  parseSchemes,
  quoted,
} from './grammar.ts';
import { authorize } from './response.ts';

// @clause RFC 3310 §3.1 s1
/** Digest AKA, version 1 (RFC 3310 §3.1): the password is RES, and MD5 is the hash. */
export const AKA_ALGORITHM = 'AKAv1-MD5';

/** Octets of RAND, AUTN and AUTS (TS 33.102 §6.3). */
const RAND_LENGTH = 16;
const AUTN_LENGTH = 16;
const AUTS_LENGTH = 14;

/** What the nonce of Digest AKA holds: RAND and AUTN of 16 octets each, and data of the server's own. */
export interface AkaNonce {
  readonly rand: Uint8Array;
  readonly autn: Uint8Array;
  readonly serverData: Uint8Array;
}

/** A challenge of Digest AKA. The offered qop is `auth-int` on Ub (TS 24.109 annex A.3). */
export interface AkaChallenge extends Omit<DigestChallenge, 'algorithm' | 'domain'> {
  readonly aka: AkaNonce;
}

/**
 * Credentials of Digest AKA: `algorithm` is its hash, MD5, so that `isResponseCorrect` and
 * `formatAuthenticationInfo` take them, with RES as the password.
 */
export interface AkaAuthorization extends DigestAuthorization {
  /** 14 octets, when the USIM found SQN out of range: the password is then empty (RFC 3310 §3.4). */
  readonly auts?: Uint8Array;
}

// @clause RFC 3310 §3.2 s1
/** The nonce: Base64 of RAND ‖ AUTN ‖ server data (RFC 3310 §3.2). */
export function formatAkaNonce({ rand, autn, serverData }: AkaNonce): string {
  return Buffer.concat([rand, autn, serverData]).toString('base64');
}

/** @throws DigestError `bad-parameter` when the nonce is no Base64, or too short for RAND and AUTN */
export function parseAkaNonce(nonce: string): AkaNonce {
  const octets = base64Of('nonce', nonce);
  if (octets.length < RAND_LENGTH + AUTN_LENGTH)
    throw new DigestError('bad-parameter', 'the nonce of Digest AKA has at least 32 octets');
  return {
    rand: octets.subarray(0, RAND_LENGTH),
    autn: octets.subarray(RAND_LENGTH, RAND_LENGTH + AUTN_LENGTH),
    serverData: octets.subarray(RAND_LENGTH + AUTN_LENGTH),
  };
}

/** Formats a challenge; its nonce is that of `aka`. @throws DigestError `bad-parameter` */
export function formatAkaChallenge({ realm, aka, qop, stale, opaque }: Omit<AkaChallenge, 'nonce'>): string {
  const params = [
    quoted('realm', realm),
    quoted('nonce', formatAkaNonce(aka)),
    quoted('qop', qop.join(',')),
    `algorithm=${AKA_ALGORITHM}`,
  ];
  if (stale) params.push('stale=true');
  if (opaque !== undefined) params.push(quoted('opaque', opaque));
  return `Digest ${params.join(', ')}`;
}

/** The first challenge of Digest AKA in a header; undefined without one. @throws DigestError */
export function parseAkaChallenge(header: string): AkaChallenge | undefined {
  const params = parseSchemes(header)
    .filter((each) => each.scheme === 'digest')
    .map(digestParams)
    .find(isAka);
  if (params === undefined) return undefined;
  const nonce = needParam(params, 'nonce');
  const opaque = params.get('opaque');
  const offered = (params.get('qop') ?? '').split(',').map((each) => each.trim().toLowerCase());
  return {
    realm: needParam(params, 'realm'),
    nonce,
    aka: parseAkaNonce(nonce),
    qop: (['auth-int', 'auth'] as const).filter((each) => offered.includes(each)),
    stale: params.get('stale')?.toLowerCase() === 'true',
    ...(opaque === undefined ? {} : { opaque }),
  };
}

/** What a USIM says to a challenge: RES, or AUTS when SQN is out of range. */
export type AkaAnswer =
  | { readonly kind: 'res'; readonly res: SecretKey }
  | { readonly kind: 'auts'; readonly auts: Uint8Array };

// @clause RFC 3310 §3.3 s1
// @clause RFC 3310 §3.4 s1, s2
/** Makes a client's credentials for a challenge, with auth-int if offered. @throws DigestError */
export function authorizeAka({
  challenge,
  answer,
  ...request
}: {
  readonly challenge: AkaChallenge;
  readonly answer: AkaAnswer;
  readonly username: string;
  readonly method: string;
  readonly uri: string;
  readonly entityBody: Uint8Array;
  readonly cnonce: string;
  readonly nc: number;
}): AkaAuthorization {
  const password = answer.kind === 'res' ? answer.res : '';
  const authorization = authorize({ ...request, challenge: { ...challenge, algorithm: 'MD5' }, password });
  return answer.kind === 'res' ? authorization : { ...authorization, auts: answer.auts };
}

/** The header of credentials. @throws DigestError `bad-parameter` */
export function formatAkaAuthorization(authorization: AkaAuthorization): string {
  const params = authorizationParams(authorization, AKA_ALGORITHM);
  const { auts } = authorization;
  if (auts !== undefined) params.push(quoted('auts', Buffer.from(auts).toString('base64')));
  return `Digest ${params.join(', ')}`;
}

// @clause TS 24.109 annex A.3 s1
/**
 * The header of the first request, which names the user and answers no challenge yet (TS 24.109 annex A.3).
 * @throws DigestError `bad-parameter`
 */
export function formatAkaIdentity(user: {
  readonly username: string;
  readonly realm: string;
  readonly uri: string;
}): string {
  const { username, realm, uri } = user;
  const names = [quoted('username', username), quoted('realm', realm), quoted('nonce', '')];
  return `Digest ${[...names, quoted('uri', uri), quoted('response', '')].join(', ')}`;
}

/** What a server finds in an Authorization header: a name only, or credentials. */
export type AkaCredentials =
  | { readonly kind: 'identity'; readonly username: string }
  | { readonly kind: 'authorization'; readonly authorization: AkaAuthorization };

/** Parses an Authorization header. @throws DigestError */
export function parseAkaAuthorization(header: string): AkaCredentials {
  const params = parseCredentials(header);
  const username = needParam(params, 'username');
  if (username === '') throw new DigestError('missing-parameter', 'the username is empty');
  if ((params.get('nonce') ?? '') === '') return { kind: 'identity', username };
  if (!isAka(params))
    throw new DigestError('unsupported-algorithm', `the algorithm must be ${AKA_ALGORITHM}`);
  const authorization = authorizationIn(params, 'MD5');
  const auts = params.get('auts');
  if (auts === undefined) return { kind: 'authorization', authorization };
  const octets = base64Of('auts', auts);
  if (octets.length !== AUTS_LENGTH) throw new DigestError('bad-parameter', 'auts must have 14 octets');
  return { kind: 'authorization', authorization: { ...authorization, auts: octets } };
}

function isAka(params: AuthParams): boolean {
  return params.get('algorithm')?.toLowerCase() === AKA_ALGORITHM.toLowerCase();
}

function base64Of(name: string, text: string): Uint8Array {
  const octets = Buffer.from(text, 'base64');
  if (octets.toString('base64') !== text) throw new DigestError('bad-parameter', `${name} must be Base64`);
  return new Uint8Array(octets);
}
