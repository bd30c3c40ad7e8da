import { type DigestQop, parseQop } from './algorithm.ts';
import type { DigestAuthorization } from './authorization.ts';
import { needParam, parseParams, quoted } from './grammar.ts';
import { formatNonceCount, parseNonceCount } from './nonce-count.ts';
import { type DigestPassword, digestResponse, isSame } from './response.ts';

/** The values of an Authentication-Info header (RFC 7616 §3.5). */
export interface AuthenticationInfo {
  readonly rspauth: string;
  readonly qop: DigestQop;
  readonly cnonce: string;
  readonly nc: number;
  readonly nextnonce?: string;
}

/** The input of `rspauth`: the request's credentials, its password, and the body of the answer. */
export interface AuthenticationInfoInput {
  readonly authorization: DigestAuthorization;
  readonly password: DigestPassword;
  readonly entityBody: Uint8Array;
}

// @clause RFC 7616 §3.5 s1
/**
 * The header for the answer to an authenticated request. It proves that the server knows the password:
 * `rspauth` covers `entityBody` as sent, under the request's qop (RFC 7616 §3.5).
 * @throws DigestError `bad-parameter` when a header can't hold a value
 */
export function formatAuthenticationInfo(
  input: AuthenticationInfoInput & { readonly nextnonce?: string },
): string {
  const { qop, cnonce, nc } = input.authorization;
  const params = [
    `qop=${qop}`,
    quoted('rspauth', digestResponse(input, '')),
    quoted('cnonce', cnonce),
    `nc=${formatNonceCount(nc)}`,
  ];
  if (input.nextnonce !== undefined) params.push(quoted('nextnonce', input.nextnonce));
  return params.join(', ');
}

/**
 * Parses an Authentication-Info header. Refuses one without `rspauth`, `qop`, `cnonce` and `nc`: it proves
 * nothing.
 * @throws DigestError
 */
export function parseAuthenticationInfo(header: string): AuthenticationInfo {
  const params = parseParams(header);
  const nextnonce = params.get('nextnonce');
  return {
    rspauth: needParam(params, 'rspauth'),
    qop: parseQop(params.get('qop')),
    cnonce: needParam(params, 'cnonce'),
    nc: parseNonceCount(needParam(params, 'nc')),
    ...(nextnonce === undefined ? {} : { nextnonce }),
  };
}

/**
 * Whether the sender of the answer knows the password and answers this request; compares in constant time.
 */
export function isAuthenticationInfoCorrect({
  info,
  ...input
}: AuthenticationInfoInput & { readonly info: AuthenticationInfo }): boolean {
  const { qop, cnonce, nc } = input.authorization;
  return (
    info.qop === qop &&
    info.cnonce === cnonce &&
    info.nc === nc &&
    isSame(info.rspauth, digestResponse(input, ''))
  );
}
