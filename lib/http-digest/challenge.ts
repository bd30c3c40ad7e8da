import { algorithmOf, type DigestAlgorithm, type DigestQop, qopOf } from './algorithm.ts';
import { type AuthParams, digestParams, needParam, parseSchemes, quoted } from './grammar.ts';

/** A challenge of WWW-Authenticate (RFC 7616 §3.3). */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly qop: readonly DigestQop[];
  readonly algorithm: DigestAlgorithm;
  readonly stale: boolean;
  readonly opaque?: string;
  readonly domain?: string;
}

// @clause RFC 7616 §3.3 s1
/**
 * Formats one challenge; `algorithm` and `stale` have no quotes (RFC 7616 §3.3).
 * @throws DigestError `bad-parameter` when a header can't hold a value
 */
export function formatChallenge(challenge: DigestChallenge): string {
  const { realm, nonce, qop, algorithm, stale, opaque, domain } = challenge;
  const params = [
    quoted('realm', realm),
    quoted('nonce', nonce),
    quoted('qop', qop.join(',')),
    `algorithm=${algorithm}`,
  ];
  if (stale) params.push('stale=true');
  if (opaque !== undefined) params.push(quoted('opaque', opaque));
  if (domain !== undefined) params.push(quoted('domain', domain));
  return `Digest ${params.join(', ')}`;
}

/**
 * Formats several challenges in one line, for gateways that allow a header once.
 * @throws DigestError as `formatChallenge`
 */
export function formatChallenges(challenges: readonly DigestChallenge[]): string {
  return challenges.map(formatChallenge).join(', ');
}

/**
 * The Digest challenges of a header that this client can answer. Ignores other schemes, other algorithms, and
 * challenges without a known qop.
 * @throws DigestError when the header breaks the grammar or a Digest challenge lacks realm or nonce
 */
export function parseChallenges(header: string): DigestChallenge[] {
  return parseSchemes(header).flatMap((each) => {
    const challenge = each.scheme === 'digest' ? challengeOf(digestParams(each)) : undefined;
    return challenge === undefined ? [] : [challenge];
  });
}

function challengeOf(params: AuthParams): DigestChallenge | undefined {
  const algorithm = algorithmOf(params.get('algorithm'));
  const qop = qopsOf(params.get('qop') ?? '');
  const realm = needParam(params, 'realm');
  const nonce = needParam(params, 'nonce');
  if (algorithm === undefined || qop.length === 0) return undefined;
  const opaque = params.get('opaque');
  const domain = params.get('domain');
  return {
    realm,
    nonce,
    qop,
    algorithm,
    stale: params.get('stale')?.toLowerCase() === 'true',
    ...(opaque === undefined ? {} : { opaque }),
    ...(domain === undefined ? {} : { domain }),
  };
}

/** The known values in the order of the offer, each once. */
function qopsOf(text: string): DigestQop[] {
  const offered = text.split(',').flatMap((part) => qopOf(part.trim()) ?? []);
  return [...new Set(offered)];
}
