/**
 * HTTP Digest of RFC 7616 and RFC 2617, both sides: `auth` and `auth-int`, MD5 and SHA-256; and Digest AKA of
 * RFC 3310.
 */
export * from './aka.ts';
export type { DigestAlgorithm, DigestQop } from './algorithm.ts';
export * from './authentication-info.ts';
export { type DigestAuthorization, formatAuthorization, parseAuthorization } from './authorization.ts';
export * from './challenge.ts';
export * from './errors.ts';
export * from './nonce.ts';
export * from './nonce-count.ts';
export { authorize, type DigestInput, type DigestPassword, isResponseCorrect } from './response.ts';
