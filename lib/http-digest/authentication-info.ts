import { type DigestQop, parseQop } from './algorithm.ts';
import type { DigestAuthorization } from './authorization.ts';
import { needParam, parseParams, quoted } from './grammar.ts';
import { formatNonceCount, parseNonceCount } from './nonce-count.ts';
import { digestResponse, isSame } from './response.ts';

/** What Authentication-Info says (RFC 7616 §3.5). */
export interface AuthenticationInfo {
  readonly rspauth: string;
  readonly qop: DigestQop;
  readonly cnonce: string;
  readonly nc: number;
  readonly nextnonce?: string;
}

/** What the answer is bound to: the request's credentials and the answer's own body. */
export interface AuthenticationInfoInput {
  readonly authorization: DigestAuthorization;
  readonly password: string;
  readonly entityBody: Uint8Array;
}

/**
 * The header for an answer to authenticated credentials: proof that the server holds the same key. `rspauth`
 * covers `entityBody` as it is sent, under the request's own qop (RFC 7616 §3.5).
 * @throws DigestError `bad-parameter` when a value can't stand in a header
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
 * Parses an Authentication-Info header. One without `rspauth`, `qop`, `cnonce` and `nc` proves nothing and is refused.
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

/** Whether the answer comes from the holder of the key and belongs to this request; compared in constant time. */
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
