import { digestPasswordOf } from '../gba/mbms-keys.ts';
import { nafFqdnOfRealm } from '../gba/realm.ts';
import {
  authorize,
  type DigestAuthorization,
  type DigestChallenge,
  DigestError,
  formatAuthorization,
  isAuthenticationInfoCorrect,
  parseAuthenticationInfo,
  parseChallenges,
} from '../http-digest/index.ts';
import { UeError } from './errors.ts';
import type { HttpAnswer, HttpPost } from './http-post.ts';
import type { UeSecurityAssociation } from './security-association.ts';

/** Sends POSTs that are authenticated and integrity protected with the MRK (TS 33.246 §6.2.1.3). */
export interface DigestClient {
  /**
   * The answer to the authenticated request, its `rspauth` checked; a challenge is answered once, a stale
   * nonce once more.
   * @throws UeError `not-authenticated` (the UE has to bootstrap anew), `bad-challenge`, `forged-answer`, `no-answer`
   */
  readonly post: (url: URL, contentType: string, body: string) => Promise<HttpAnswer>;
}

/** What the UE says of itself: it can bootstrap (TS 24.109 annex B). */
const USER_AGENT = 'bmsc-ue/1 3gpp-gba';

/** A challenge, then perhaps a stale nonce: more rounds than these mean that the credentials are no good. */
const ROUNDS = 3;

/**
 * A client that keeps the last nonce and counts on under it. `onAuthenticated` hears of each answer by which the
 * BM-SC has shown that it knows the MRK.
 */
export function createDigestClient(
  association: UeSecurityAssociation,
  post: HttpPost,
  randomOctets: (length: number) => Uint8Array,
  onAuthenticated: () => void = () => {},
): DigestClient {
  const password = digestPasswordOf(association.mrk);
  let challenge: DigestChallenge | undefined;
  let nonceCount = 0;

  const authorization = (url: URL, body: string): DigestAuthorization | undefined => {
    if (challenge === undefined) return undefined;
    nonceCount += 1;
    return authorize({
      challenge,
      username: association.btid,
      password,
      method: 'POST',
      uri: url.pathname + url.search,
      entityBody: Buffer.from(body),
      cnonce: Buffer.from(randomOctets(16)).toString('hex'),
      nc: nonceCount,
    });
  };

  const take = (next: DigestChallenge | undefined) => {
    challenge = next;
    nonceCount = 0;
  };

  return {
    post: async (url, contentType, body) => {
      for (let round = 0; round < ROUNDS; round++) {
        const credentials = authorization(url, body);
        const answer = await post(url, headersOf(contentType, body, credentials), body);
        if (answer.status === 401) {
          const next = challengeOf(answer, association.nafFqdn);
          const rejected = credentials !== undefined && !next.stale && credentials.nonce === challenge?.nonce;
          const isFirstUse = credentials?.nc === 1;
          take(next);
          if (rejected && (isFirstUse || round > 0)) break;
          continue;
        }
        if (answer.status === 200) {
          if (credentials === undefined)
            throw new UeError('forged-answer', 'a 200 came although nothing was authenticated yet', {
              status: 200,
            });
          const nextnonce = checkedInfo(answer, credentials, password);
          onAuthenticated();
          if (nextnonce !== undefined && challenge !== undefined)
            take({ ...challenge, nonce: nextnonce, stale: false });
        }
        return answer;
      }
      throw new UeError('not-authenticated', 'the BM-SC does not accept this association: bootstrap anew', {
        status: 401,
      });
    },
  };
}

function headersOf(contentType: string, body: string, credentials: DigestAuthorization | undefined) {
  return {
    'content-type': contentType,
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': USER_AGENT,
    ...(credentials === undefined ? {} : { authorization: formatAuthorization(credentials) }),
  };
}

/** The challenge for this BM-SC's realm with the best quality of protection that this client does. */
function challengeOf(answer: HttpAnswer, nafFqdn: string): DigestChallenge {
  const header = answer.headers['www-authenticate'];
  if (header === undefined)
    throw new UeError('bad-challenge', 'the 401 has no WWW-Authenticate header', { status: 401 });
  try {
    const own = parseChallenges(header).filter(({ realm }) => nafFqdnOfRealm(realm) === nafFqdn);
    const best = own.find(({ qop }) => qop.includes('auth-int')) ?? own[0];
    if (best !== undefined) return best;
  } catch (cause) {
    if (!(cause instanceof DigestError)) throw cause;
    throw new UeError('bad-challenge', `the challenge is malformed: ${cause.message}`, {
      cause,
      status: 401,
    });
  }
  throw new UeError('bad-challenge', `no challenge is for the realm of ${nafFqdn}`, { status: 401 });
}

/** Returns nextnonce. */
function checkedInfo(
  answer: HttpAnswer,
  credentials: DigestAuthorization,
  password: string,
): string | undefined {
  const header = answer.headers['authentication-info'];
  if (typeof header !== 'string')
    throw new UeError('forged-answer', 'the 200 has no Authentication-Info header', { status: 200 });
  try {
    const info = parseAuthenticationInfo(header);
    if (
      isAuthenticationInfoCorrect({ info, authorization: credentials, password, entityBody: answer.body })
    ) {
      return info.nextnonce;
    }
  } catch (cause) {
    if (!(cause instanceof DigestError)) throw cause;
  }
  throw new UeError('forged-answer', 'the answer is not authenticated by the BM-SC: rspauth is wrong', {
    status: 200,
  });
}
