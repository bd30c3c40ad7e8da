import { createHash } from 'node:crypto';
import type { DigestAuthorization } from '../../lib/http-digest/index.ts';
import { hex } from './octets.ts';

/** What a digest covers, besides its header. */
export interface Covered {
  readonly authorization: Pick<DigestAuthorization, 'username' | 'realm' | 'uri' | 'qop'>;
  readonly algorithm: 'MD5' | 'SHA-256';
  readonly password: string | Uint8Array;
  readonly method: string;
  readonly requestBody: Uint8Array;
  readonly responseBody: Uint8Array;
}

/** The values on the way to `response` and `rspauth`, in octets: A1, A2 and their hashes (RFC 7616 §3.4). */
export function digestSteps(covered: Covered): Readonly<Record<string, string>> {
  const { authorization, algorithm, password, method, requestBody, responseBody } = covered;
  const { username, realm, uri, qop } = authorization;
  const hash = (octets: Uint8Array) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(octets)
      .digest('hex');
  const a1 = Buffer.concat([Buffer.from(`${username}:${realm}:`, 'latin1'), Buffer.from(password)]);
  const a2Of = (start: string, body: Uint8Array) =>
    Buffer.from(`${start}:${uri}${qop === 'auth-int' ? `:${hash(body)}` : ''}`, 'latin1');
  const [a2, answerA2] = [a2Of(method, requestBody), a2Of('', responseBody)];
  return {
    ...{ a1: hex(a1), hashOfA1: hash(a1), a2: hex(a2), hashOfA2: hash(a2) },
    ...{ a2OfAnswer: hex(answerA2), hashOfA2OfAnswer: hash(answerA2) },
  };
}
