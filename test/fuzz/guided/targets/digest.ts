import { isDeepStrictEqual } from 'node:util';
import {
  checkNonce,
  createNonce,
  DigestError,
  formatAkaAuthorization,
  formatAkaChallenge,
  formatAkaIdentity,
  formatAuthorization,
  formatChallenges,
  isResponseCorrect,
  parseAkaAuthorization,
  parseAkaChallenge,
  parseAuthenticationInfo,
  parseAuthorization,
  parseChallenges,
} from '../../../../lib/http-digest/index.ts';
import { digestResponse } from '../../../../lib/http-digest/response.ts';
import { SecretKey } from '../../../../lib/keys/secret-key.ts';
import { type FuzzTarget, octetsOf, textOf } from '../fuzz-target.ts';

const secret = new SecretKey(new Uint8Array(32).fill(3));
const now = 1_700_000_000_000;
const nonce = createNonce({ secret, now, random: new Uint8Array(16).fill(4) });
const REQUEST = { password: 'password', entityBody: octetsOf('body') };

/** RAND and AUTN. */
const AKA_NONCE = Buffer.alloc(32, 5).toString('base64');

/** Every header of HTTP Digest and of Digest AKA, and nonces; the response is made correct for its header. */
export const target: FuzzTarget = {
  files: ['lib/http-digest/'],
  seeds: [
    `Digest username="a@b", realm="3GPP-bootstrapping@bmsc.home1.net", nonce="${nonce}", uri="/keymanagement?requesttype=register", response="00000000000000000000000000000000", algorithm=MD5, cnonce="c\\"d", qop=auth-int, nc=00000001, opaque="o"`,
    `Digest username="a", realm="r", nonce="${nonce}", uri="/", response="${'0'.repeat(64)}", algorithm=SHA-256, cnonce="c", qop=auth, nc=0000000a`,
    `Negotiate YWJj==, Digest realm="a, b", nonce="${nonce}", qop="auth,auth-int", algorithm=SHA-256, stale=true, Digest realm="a", nonce="n", qop="auth-int", domain="/", Basic realm="x"`,
    'qop=auth-int, rspauth="af97048a0355cbcb4f6533f4ecef3e88", cnonce="c", nc=00000001, nextnonce="n"',
    nonce,
    `Digest realm="bsf.home1.net", nonce="${AKA_NONCE}", qop="auth-int", algorithm=AKAv1-MD5, opaque="o"`,
    `Digest username="a@b", realm="r", nonce="${AKA_NONCE}", uri="/", response="${'0'.repeat(32)}", algorithm=AKAv1-MD5, cnonce="c", qop=auth-int, nc=00000001, auts="${'A'.repeat(18)}=="`,
    'Digest username="a@b", realm="r", nonce="", uri="/", response=""',
  ].map(octetsOf),
  tokens: [
    ...['"', '\\', '\\"', ',', ', ', '=', '==', ' ', '\t', '\r\n', '\0', '\u{1f511}', 'Digest ', 'Basic '],
    ...['realm=', 'nonce=', 'qop=auth', 'qop="auth-int"', 'nc=00000000', 'nc=ffffffff', 'algorithm=MD5-sess'],
    ...['algorithm=AKAv1-MD5', 'auts="', 'nonce=""', AKA_NONCE],
    ...[
      'algorithm=SHA-256',
      'userhash=true',
      "username*=UTF-8''a",
      'stale=false',
      'domain="/"',
      'nextnonce=',
    ],
  ],
  repair: (input) => {
    const text = textOf(input);
    const authorization = attempt(() => parseAuthorization(text));
    if (authorization === undefined) return input;
    const response = digestResponse({ ...REQUEST, authorization }, 'POST');
    return octetsOf(text.replace(authorization.response, response));
  },
  run: (input) => {
    const text = textOf(input);
    const decoders = [
      () => {
        const value = parseAuthorization(text);
        isResponseCorrect({ ...REQUEST, method: 'POST', authorization: value });
        hold(isDeepStrictEqual(parseAuthorization(formatAuthorization(value)), value), 'written and read');
      },
      () => {
        const value = parseChallenges(text);
        hold(isDeepStrictEqual(parseChallenges(formatChallenges(value)), value), 'written and read');
      },
      () => void parseAuthenticationInfo(text),
      () => {
        const value = parseAkaAuthorization(text);
        const header =
          value.kind === 'identity'
            ? formatAkaIdentity({ username: value.username, realm: 'r', uri: '/' })
            : formatAkaAuthorization(value.authorization);
        hold(isDeepStrictEqual(parseAkaAuthorization(header), value), 'written and read');
      },
      () => {
        const value = parseAkaChallenge(text);
        if (value === undefined) return;
        hold(isDeepStrictEqual(parseAkaChallenge(formatAkaChallenge(value)), value), 'written and read');
      },
    ];
    const isOurs = checkNonce(text, { secret, now, lifetimeMs: 1000 }).kind !== 'foreign';
    hold(isOurs === (text === nonce), 'a nonce is ours exactly when we made it');
    const errors = decoders.map(attemptError);
    if (errors.every((error) => error !== undefined)) throw errors[0];
  },
  isExpected: (error) => error instanceof DigestError,
};

function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DigestError) return undefined;
    throw error;
  }
}

function attemptError(decode: () => void): DigestError | undefined {
  try {
    decode();
    return undefined;
  } catch (error) {
    if (error instanceof DigestError) return error;
    throw error;
  }
}

function hold(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`does not hold: ${what}`);
}
