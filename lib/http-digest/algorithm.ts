import { DigestError } from './errors.ts';

/** Digest algorithms done here (RFC 7616 §6.1); `-sess` variants are not. */
export const ALGORITHMS = ['MD5', 'SHA-256'] as const;
export type DigestAlgorithm = (typeof ALGORITHMS)[number];

/** Qualities of protection (RFC 7616 §3.4). */
export const QOPS = ['auth', 'auth-int'] as const;
export type DigestQop = (typeof QOPS)[number];

/** Without the parameter it is MD5 (RFC 2617 §3.2.1). @throws DigestError `unsupported-algorithm` */
export function parseAlgorithm(text: string | undefined): DigestAlgorithm {
  const algorithm = ALGORITHMS.find((each) => each.toLowerCase() === (text ?? 'MD5').toLowerCase());
  if (algorithm === undefined)
    throw new DigestError('unsupported-algorithm', `the algorithm must be one of ${ALGORITHMS.join(', ')}`);
  return algorithm;
}

/** @throws DigestError `qop-missing` or `bad-parameter` */
export function parseQop(text: string | undefined): DigestQop {
  if (text === undefined)
    throw new DigestError('qop-missing', 'the parameter qop is missing: replay could not be stopped');
  const qop = QOPS.find((each) => each === text.toLowerCase());
  if (qop === undefined) throw new DigestError('bad-parameter', `qop must be one of ${QOPS.join(', ')}`);
  return qop;
}

/** `nc` is 8 hexadecimal digits and starts at 1. @throws DigestError `bad-parameter` */
export function parseNonceCount(text: string): number {
  const nc = /^[0-9a-f]{8}$/i.test(text) ? Number.parseInt(text, 16) : 0;
  if (nc === 0) throw new DigestError('bad-parameter', 'nc must be 8 hexadecimal digits from 00000001 on');
  return nc;
}

/** `nc` as 8 hexadecimal digits. */
export function formatNonceCount(nc: number): string {
  return nc.toString(16).padStart(8, '0');
}
