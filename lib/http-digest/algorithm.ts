import { DigestError } from './errors.ts';

/** The supported Digest algorithms (RFC 7616 §6.1), without their `-sess` variants. */
export const ALGORITHMS = ['MD5', 'SHA-256'] as const;
export type DigestAlgorithm = (typeof ALGORITHMS)[number];

/** Qualities of protection (RFC 7616 §3.4). */
export const QOPS = ['auth', 'auth-int'] as const;
export type DigestQop = (typeof QOPS)[number];

/** The algorithm of a name, MD5 without a name (RFC 2617 §3.2.1); undefined when it is not supported. */
export function algorithmOf(text = 'MD5'): DigestAlgorithm | undefined {
  return ALGORITHMS.find((each) => each.toLowerCase() === text.toLowerCase());
}

/** As `algorithmOf`. @throws DigestError `unsupported-algorithm` */
export function parseAlgorithm(text: string | undefined): DigestAlgorithm {
  const algorithm = algorithmOf(text);
  if (algorithm === undefined) {
    throw new DigestError('unsupported-algorithm', `the algorithm must be one of ${ALGORITHMS.join(', ')}`);
  }
  return algorithm;
}

/** The quality of protection of a name; undefined when it is unknown. */
export function qopOf(text: string): DigestQop | undefined {
  return QOPS.find((each) => each === text.toLowerCase());
}

/** @throws DigestError `qop-missing` or `bad-parameter` */
export function parseQop(text: string | undefined): DigestQop {
  if (text === undefined) {
    throw new DigestError('qop-missing', 'the parameter qop is missing: without it replay is not stopped');
  }
  const qop = qopOf(text);
  if (qop === undefined) throw new DigestError('bad-parameter', `qop must be one of ${QOPS.join(', ')}`);
  return qop;
}
