import { hash, timingSafeEqual } from 'node:crypto';
import type { SecretKey } from '../keys/secret-key.ts';
import type { DigestAlgorithm, DigestQop } from './algorithm.ts';
import type { DigestAuthorization } from './authorization.ts';
import type { DigestChallenge } from './challenge.ts';
import { formatNonceCount } from './nonce-count.ts';

/** A password: text, or the octets of RES with Digest AKA (RFC 3310 §3.3). */
export type DigestPassword = string | SecretKey;

/** A request and its credentials; `entityBody` is the body as sent, before any decoding. */
export interface DigestInput {
  readonly authorization: DigestAuthorization;
  readonly password: DigestPassword;
  readonly method: string;
  readonly entityBody: Uint8Array;
}

/** The input of a response, except the method. */
interface ResponseInput {
  readonly authorization: Omit<DigestAuthorization, 'response'>;
  readonly password: DigestPassword;
  readonly entityBody: Uint8Array;
}

/**
 * Whether the response is correct for the credentials' nonce and uri (RFC 7616 §3.4); compares in constant
 * time.
 */
export function isResponseCorrect({ method, ...input }: DigestInput): boolean {
  return isSame(input.authorization.response, digestResponse(input, method));
}

/**
 * Makes a client's credentials for a challenge: with `qop` if given, else auth-int if offered, else auth.
 * @throws DigestError `bad-parameter` when `nc` is not from 1 to 2^32 - 1
 */
export function authorize(input: {
  readonly challenge: DigestChallenge;
  readonly username: string;
  readonly password: DigestPassword;
  readonly method: string;
  readonly uri: string;
  readonly entityBody: Uint8Array;
  readonly cnonce: string;
  readonly nc: number;
  readonly qop?: DigestQop;
}): DigestAuthorization {
  const { challenge, username, password, method, uri, entityBody, cnonce, nc } = input;
  const { realm, nonce, algorithm, opaque } = challenge;
  const qop = input.qop ?? (challenge.qop.includes('auth-int') ? 'auth-int' : 'auth');
  const authorization = {
    ...{ username, realm, nonce, uri, algorithm, cnonce, qop, nc },
    ...(opaque === undefined ? {} : { opaque }),
  };
  return { ...authorization, response: digestResponse({ authorization, password, entityBody }, method) };
}

// @clause RFC 7616 §3.4.1 s1
/**
 * The response of a request, or `rspauth` when `method` is empty (RFC 7616 §3.4.1 to §3.5), in lower-case
 * hexadecimal: H( H(A1) ":" nonce ":" nc ":" cnonce ":" qop ":" H(A2) ).
 */
export function digestResponse(
  { authorization, password, entityBody }: ResponseInput,
  method: string,
): string {
  const { username, realm, nonce, uri, algorithm, cnonce, qop, nc } = authorization;
  const a1 = a1Of(`${username}:${realm}:`, password);
  const a2 = qop === 'auth-int' ? `${method}:${uri}:${h(algorithm, entityBody)}` : `${method}:${uri}`;
  return h(
    algorithm,
    [h(algorithm, a1), nonce, formatNonceCount(nc), cnonce, qop, h(algorithm, a2)].join(':'),
  );
}

function a1Of(user: string, password: DigestPassword): string | Uint8Array {
  if (typeof password === 'string') return user + password;
  return Buffer.concat([Buffer.from(user), password.exposeOctets()]);
}

/** Whether two hexadecimal texts are equal; compares in constant time. */
export function isSame(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}

function h(algorithm: DigestAlgorithm, data: string | Uint8Array): string {
  return hash(algorithm === 'MD5' ? 'md5' : 'sha256', data, 'hex');
}
