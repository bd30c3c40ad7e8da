import { digestPasswordOf } from '../gba/mbms-keys.ts';
import { nafFqdnsOfRealms } from '../gba/realm.ts';
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

/** The product tokens of a UE, by what it has its keys from (TS 24.109 annexes B, K.2). */
const USER_AGENT = { gba: 'bmsc-ue/1 3gpp-gba', akma: 'bmsc-ue/1 3gpp-akma' } as const;

/** Requests for one POST: without credentials, with them, and once more for a stale nonce. */
const ROUNDS = 3;

// @clause RFC 2617 §3.2.1 s1
// @clause TS 24.109 §5.2.5 s3
/**
 * Sends POSTs that the MRK authenticates and protects (TS 33.246 §6.2.1.3). Keeps the last nonce and counts
 * on under it.
 */
export class DigestClient {
  readonly #association: UeSecurityAssociation;
  readonly #password: string;
  readonly #post: HttpPost;
  readonly #randomOctets: (length: number) => Uint8Array;
  readonly #onAuthenticated: () => void;
  #challenge: DigestChallenge | undefined;
  #nonceCount = 0;

  /** `onAuthenticated` is called for each answer that proves that the BM-SC knows the MRK. */
  constructor(
    association: UeSecurityAssociation,
    post: HttpPost,
    randomOctets: (length: number) => Uint8Array,
    onAuthenticated: () => void = () => {},
  ) {
    this.#association = association;
    this.#password = digestPasswordOf(association.mrk);
    this.#post = post;
    this.#randomOctets = randomOctets;
    this.#onAuthenticated = onAuthenticated;
  }

  /**
   * Returns the answer to the authenticated request, its `rspauth` checked. Answers one challenge, and one
   * more when the nonce is stale.
   * @throws UeError `not-authenticated` (the UE must bootstrap anew), `bad-challenge`, `forged-answer`,
   * `no-answer`
   */
  async post(url: URL, contentType: string, body: string): Promise<HttpAnswer> {
    for (let round = 0; round < ROUNDS; round++) {
      const credentials = this.#credentials(url, body);
      const answer = await this.#post(url, this.#headers(contentType, body, credentials), body);
      if (answer.status === 200) this.#authenticateAnswer(answer, credentials);
      if (answer.status !== 401) return answer;
      const next = challengeOf(answer, this.#association.nafFqdn);
      const isRejected =
        credentials !== undefined && !next.stale && credentials.nonce === this.#challenge?.nonce;
      this.#use(next);
      if (isRejected && (credentials.nc === 1 || round > 0)) break;
    }
    throw new UeError('not-authenticated', 'the BM-SC does not accept this association: bootstrap anew', {
      status: 401,
    });
  }

  /** The credentials for the challenge of the present nonce, undefined before the first challenge. */
  #credentials(url: URL, body: string): DigestAuthorization | undefined {
    if (this.#challenge === undefined) return undefined;
    this.#nonceCount += 1;
    return authorize({
      challenge: this.#challenge,
      username: this.#association.btid,
      password: this.#password,
      method: 'POST',
      uri: url.pathname + url.search,
      entityBody: Buffer.from(body),
      cnonce: Buffer.from(this.#randomOctets(16)).toString('hex'),
      nc: this.#nonceCount,
    });
  }

  #headers(contentType: string, body: string, credentials: DigestAuthorization | undefined) {
    return {
      'content-type': contentType,
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': USER_AGENT[this.#association.bootstrapping ?? 'gba'],
      ...(credentials === undefined ? {} : { authorization: formatAuthorization(credentials) }),
    };
  }

  /** Checks a 200 and takes its nextnonce. @throws UeError `forged-answer` */
  #authenticateAnswer(answer: HttpAnswer, credentials: DigestAuthorization | undefined): void {
    if (credentials === undefined)
      throw new UeError('forged-answer', 'a 200 came although nothing was authenticated yet', {
        status: 200,
      });
    const nextnonce = checkedInfo(answer, credentials, this.#password);
    this.#onAuthenticated();
    if (nextnonce !== undefined && this.#challenge !== undefined)
      this.#use({ ...this.#challenge, nonce: nextnonce, stale: false });
  }

  #use(challenge: DigestChallenge): void {
    this.#challenge = challenge;
    this.#nonceCount = 0;
  }
}

/**
 * The challenge for this BM-SC's realm with the best quality of protection.
 * @throws UeError `bad-challenge`
 */
function challengeOf(answer: HttpAnswer, nafFqdn: string): DigestChallenge {
  const header = answer.headers['www-authenticate'];
  if (header === undefined)
    throw new UeError('bad-challenge', 'the 401 has no WWW-Authenticate header', { status: 401 });
  try {
    const own = parseChallenges(header).filter(({ realm }) => nafFqdnsOfRealms(realm).includes(nafFqdn));
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

/** Checks Authentication-Info and returns its nextnonce. @throws UeError `forged-answer` */
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
