import { isDeepStrictEqual } from 'node:util';
import {
  checkNonce,
  createNonce,
  DigestError,
  formatAuthorization,
  formatChallenges,
  parseAuthenticationInfo,
  parseAuthorization,
  parseChallenges,
} from '../../lib/http-digest/index.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { seededRandom } from '../seeded-random.ts';

const secret = new SecretKey(new Uint8Array(32).fill(3));
const now = 1_700_000_000_000;
const nonce = createNonce({ secret, now, random: new Uint8Array(16).fill(4) });

/** For each decoder: a valid input to start from, and the property of its results. */
const TARGETS: readonly { readonly good: string; readonly decode: (text: string) => boolean }[] = [
  {
    good: `Digest username="I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net", realm="3GPP-bootstrapping@bmsc.home1.net", nonce="${nonce}", uri="/keymanagement?requesttype=msk-request", response="a00edfdaf3ffab8f091e269619678d44", algorithm=MD5, cnonce="c\\"d", qop=auth-int, nc=00000001, opaque="o"`,
    decode: (text) => {
      const value = parseAuthorization(text);
      return isDeepStrictEqual(parseAuthorization(formatAuthorization(value)), value);
    },
  },
  {
    good: `Negotiate YWJj==, Digest realm="a, b", nonce="${nonce}", qop="auth,auth-int", algorithm=SHA-256, stale=true, Digest realm="a", nonce="n", qop="auth-int", domain="/", Basic realm="x"`,
    decode: (text) => {
      const value = parseChallenges(text);
      return isDeepStrictEqual(parseChallenges(formatChallenges(value)), value);
    },
  },
  {
    good: 'qop=auth-int, rspauth="af97048a0355cbcb4f6533f4ecef3e88", cnonce="c", nc=00000001, nextnonce="n"',
    decode: (text) => parseAuthenticationInfo(text).nc >= 1,
  },
  {
    good: nonce,
    decode: (text) => {
      const isOurs = checkNonce(text, { secret, now, lifetimeMs: 1000 }).kind !== 'foreign';
      return isOurs === (text === nonce);
    },
  },
];

const PIECES = [
  '"',
  '\\',
  '\\"',
  ',',
  ', ',
  '=',
  '==',
  ' ',
  '\t',
  '\r\n',
  '\0',
  '\xff',
  '\u{1f511}',
  'Digest ',
  'Basic ',
];
const NAMES = [
  'realm=',
  'nonce=',
  'qop=',
  'nc=00000000',
  'algorithm=MD5-sess',
  'userhash=true',
  "username*=UTF-8''a",
];
const FRAGMENTS = [...PIECES, ...NAMES];

/**
 * Feeds random and mutated texts to every decoder of HTTP Digest; the same `seed` gives the same texts.
 * `refused` counts the texts that a decoder refused with a DigestError.
 * @throws Error when a decoder throws anything else, a value changes when it is formatted and parsed again,
 * or a changed nonce passes as ours
 */
export function fuzzDigest(iterations: number, seed: number): { tried: number; refused: number } {
  const random = seededRandom(seed).whole;
  let refused = 0;
  for (let tried = 0; tried < iterations; tried++) {
    const target = pick(random, TARGETS);
    const text = random(4) === 0 ? randomText(random) : mutated(random, target.good);
    const what = `seed ${seed}, iteration ${tried}, input ${JSON.stringify(text)}`;
    try {
      if (!target.decode(text)) throw new Error(`what was read does not hold: ${what}`);
    } catch (error) {
      if (!(error instanceof DigestError)) throw new Error(`no DigestError: ${what}`, { cause: error });
      refused += 1;
    }
  }
  return { tried: iterations, refused };
}

type Random = (below: number) => number;

function randomText(random: Random): string {
  const parts = Array.from({ length: random(30) }, () =>
    random(2) === 0 ? pick(random, FRAGMENTS) : String.fromCharCode(random(random(8) === 0 ? 0x10000 : 0x80)),
  );
  return (random(2) === 0 ? 'Digest ' : '') + parts.join('');
}

function mutated(random: Random, good: string): string {
  let text = good;
  for (let left = random(4); left >= 0; left--) {
    const at = random(text.length + 1);
    const until = Math.min(text.length, at + random(12));
    const kind = random(6);
    if (kind === 0) text = text.slice(0, at);
    else if (kind === 1) text = text.slice(0, at) + text.slice(until);
    else if (kind === 2) text = text.slice(0, at) + pick(random, FRAGMENTS) + text.slice(at);
    else if (kind === 3) text = text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
    else if (kind === 4) text = text.slice(0, until) + text.slice(at);
    else text = text.slice(at) + text.slice(0, at);
  }
  return random(200) === 0 ? text.repeat(1 + random(60)) : text;
}

function pick<T>(random: Random, list: readonly T[]): T {
  const picked = list[random(list.length)];
  if (picked === undefined) throw new RangeError('nothing to pick from');
  return picked;
}
