import { type DigestAlgorithm, type DigestQop, parseAlgorithm, parseQop } from './algorithm.ts';
import { DigestError } from './errors.ts';
import { type AuthParams, needParam, parseCredentials, quoted } from './grammar.ts';
import { formatNonceCount, parseNonceCount } from './nonce-count.ts';

/** The credentials of an Authorization header (RFC 7616 §3.4). */
export interface DigestAuthorization {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  /** As the client sent it; the response covers its octets. */
  readonly uri: string;
  /** Hexadecimal, lower case. */
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly cnonce: string;
  readonly qop: DigestQop;
  /** 1 to 2^32 - 1. */
  readonly nc: number;
  readonly opaque?: string;
}

const RESPONSE_DIGITS = { MD5: 32, 'SHA-256': 64 } as const;

// @clause RFC 7616 §3.4 s1, s2, s3, s4, s5
// @clause RFC 2617 §3.2.1 s2
/**
 * Parses an Authorization header. Refuses one without `qop`, which has no nonce count.
 * @throws DigestError
 */
export function parseAuthorization(header: string): DigestAuthorization {
  const params = parseCredentials(header);
  if (params.has('username*') || params.get('userhash')?.toLowerCase() === 'true') {
    throw new DigestError(
      'unsupported-parameter',
      'username* and userhash are not supported: a B-TID is plain ASCII',
    );
  }
  return authorizationIn(params, parseAlgorithm(params.get('algorithm')));
}

/** The credentials in parameters whose algorithm is known. @throws DigestError */
export function authorizationIn(params: AuthParams, algorithm: DigestAlgorithm): DigestAuthorization {
  const response = needParam(params, 'response');
  if (!/^[0-9a-f]+$/.test(response) || response.length !== RESPONSE_DIGITS[algorithm]) {
    throw new DigestError(
      'bad-parameter',
      `response must be ${RESPONSE_DIGITS[algorithm]} lower-case hexadecimal digits`,
    );
  }
  const opaque = params.get('opaque');
  return {
    username: needParam(params, 'username'),
    realm: needParam(params, 'realm'),
    nonce: needParam(params, 'nonce'),
    uri: needParam(params, 'uri'),
    response,
    algorithm,
    qop: parseQop(params.get('qop')),
    cnonce: needParam(params, 'cnonce'),
    nc: parseNonceCount(needParam(params, 'nc')),
    ...(opaque === undefined ? {} : { opaque }),
  };
}

/**
 * The header, with the quotes of RFC 7616 §3.4.
 * @throws DigestError `bad-parameter` when a header can't hold a value
 */
export function formatAuthorization(authorization: DigestAuthorization): string {
  return `Digest ${authorizationParams(authorization, authorization.algorithm).join(', ')}`;
}

/** The parameters of credentials, each as `name=value`. @throws DigestError as `formatAuthorization` */
export function authorizationParams(authorization: DigestAuthorization, algorithm: string): string[] {
  const { username, realm, nonce, uri, response, cnonce, qop, nc, opaque } = authorization;
  const params = [
    quoted('username', username),
    quoted('realm', realm),
    quoted('nonce', nonce),
    quoted('uri', uri),
    quoted('response', response),
    `algorithm=${algorithm}`,
    quoted('cnonce', cnonce),
    `qop=${qop}`,
    `nc=${formatNonceCount(nc)}`,
  ];
  if (opaque !== undefined) params.push(quoted('opaque', opaque));
  return params;
}
