import type { Btid } from '../../gba/btid.ts';
import type { Impi } from '../../gba/impi.ts';
import {
  type AkaAuthorization,
  type AkaChallenge,
  authorizeAka,
  DigestError,
  formatAkaAuthorization,
  formatAkaIdentity,
  isAuthenticationInfoCorrect,
  parseAkaChallenge,
  parseAuthenticationInfo,
} from '../../http-digest/index.ts';
import type { SecretKey } from '../../keys/secret-key.ts';
import { UeError } from '../errors.ts';
import { type HttpAnswer, type HttpGet, httpGet } from '../http-post.ts';
import { BOOTSTRAPPING_INFO_TYPE, decodeBootstrappingInfo } from './bootstrapping-info.ts';
import type { SimAnswer, UeSim } from './ue-sim.ts';

/** What a run of Ub needs. */
export interface BootstrapOptions {
  readonly bsfUrl: URL;
  readonly sim: UeSim;
  readonly impi: Impi;
  readonly randomOctets: (length: number) => Uint8Array;
  readonly get?: HttpGet;
}

/** The result of a run of Ub (TS 33.220 §4.5.2): what the keys of every NAF follow from. */
export interface BootstrappedSession {
  readonly btid: Btid;
  readonly impi: Impi;
  /** 32 octets. */
  readonly ks: SecretKey;
  /** 16 octets. */
  readonly rand: Uint8Array;
  /** End of the key lifetime, ms since the epoch. */
  readonly expiresAt: number;
}

/** Requests of one run at most: the name, AUTS, RES, and RES once more for a stale nonce. */
const ROUNDS = 4;

/** A challenge that the SIM has answered: by RES, or by AUTS. */
interface Answered {
  readonly challenge: AkaChallenge;
  readonly sim: Exclude<SimAnswer, { kind: 'foreign' }>;
  readonly authorization: AkaAuthorization;
}

// @clause TS 24.109 §4.2 s1, s2, s3
// @clause TS 24.109 annex A.4 s1, s3
// @clause RFC 3310 §3.5 s1
/**
 * Bootstraps (TS 24.109 §4): Digest AKA over HTTP/1.1 with a GET of the BSF's URL, and a resynchronisation by
 * AUTS if SQN is out of range.
 * @throws UeError `no-answer`, `refused`, `bad-challenge`, `bad-answer`; `foreign-network` when the challenge
 * is not from the home network, `forged-answer` when the BSF does not prove that it knows RES
 */
export async function bootstrap(options: BootstrapOptions): Promise<BootstrappedSession> {
  const { bsfUrl, impi, get = httpGet } = options;
  const uri = bsfUrl.pathname + bsfUrl.search;
  const realm = bsfUrl.hostname;
  let answered: Answered | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const authorization =
      answered === undefined
        ? formatAkaIdentity({ username: impi, realm, uri })
        : formatAkaAuthorization(answered.authorization);
    const answer = await get(bsfUrl, {
      accept: BOOTSTRAPPING_INFO_TYPE,
      'user-agent': 'bmsc-ue/1 3gpp-gba',
      authorization,
    });
    if (answer.status === 200) return sessionOf(answer, answered, impi);
    if (answer.status !== 401) throw refused(`the BSF answered ${answer.status}`, answer.status);
    const challenge = challengeOf(answer);
    if (answered?.sim.kind === 'authenticated' && !challenge.stale)
      throw refused('the BSF does not accept the answer of the SIM', 401);
    if (answered?.sim.kind === 'out-of-range' && challenge.nonce === answered.challenge.nonce)
      throw refused('the BSF does not resynchronise: it sent the same challenge again', 401);
    answered = answerOf(challenge, options, uri);
  }
  throw refused(`the BSF challenged ${ROUNDS} times`, 401);
}

/** @throws UeError `bad-challenge` */
function challengeOf(answer: HttpAnswer): AkaChallenge {
  const header = answer.headers['www-authenticate'];
  const challenge = header === undefined ? undefined : understood(() => parseAkaChallenge(header));
  if (challenge === undefined)
    throw new UeError('bad-challenge', 'the 401 of the BSF has no challenge of Digest AKA', { status: 401 });
  // Without auth-int nothing would protect the B-TID and its lifetime.
  if (!challenge.qop.includes('auth-int'))
    throw new UeError('bad-challenge', 'the BSF does not offer auth-int', { status: 401 });
  return challenge;
}

function answerOf(challenge: AkaChallenge, options: BootstrapOptions, uri: string): Answered {
  const { rand, autn } = challenge.aka;
  const sim = options.sim.answer(rand, autn);
  if (sim.kind === 'foreign')
    throw new UeError('foreign-network', 'the challenge is not from the home network: its MAC is wrong', {
      status: 401,
    });
  const authorization = understood(() =>
    authorizeAka({
      challenge,
      answer: sim.kind === 'authenticated' ? { kind: 'res', res: sim.res } : { kind: 'auts', auts: sim.auts },
      username: options.impi,
      method: 'GET',
      uri,
      entityBody: new Uint8Array(),
      cnonce: Buffer.from(options.randomOctets(16)).toString('hex'),
      nc: 1,
    }),
  );
  return { challenge, sim, authorization };
}

/** Checks that the BSF knows RES, and reads what it gave. @throws UeError `forged-answer`, `bad-answer` */
function sessionOf(answer: HttpAnswer, answered: Answered | undefined, impi: Impi): BootstrappedSession {
  if (answered?.sim.kind !== 'authenticated')
    throw new UeError('forged-answer', 'a 200 came before the SIM had authenticated the BSF', {
      status: 200,
    });
  const { authorization, challenge, sim } = answered;
  if (!isProved(answer, authorization, sim.res))
    throw new UeError('forged-answer', 'the answer is not authenticated by the BSF: rspauth is wrong', {
      status: 200,
    });
  const { btid, expiresAt } = decodeBootstrappingInfo(answer.body);
  return { btid, impi, ks: sim.ks, rand: challenge.aka.rand, expiresAt };
}

function isProved({ headers, body }: HttpAnswer, authorization: AkaAuthorization, res: SecretKey): boolean {
  const header = headers['authentication-info'];
  if (typeof header !== 'string') return false;
  try {
    const info = parseAuthenticationInfo(header);
    return isAuthenticationInfoCorrect({ info, authorization, password: res, entityBody: body });
  } catch (error) {
    if (error instanceof DigestError) return false;
    throw error;
  }
}

/** @throws UeError `bad-challenge` in place of a DigestError */
function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof DigestError)) throw cause;
    const message = `the challenge of the BSF is malformed: ${cause.message}`;
    throw new UeError('bad-challenge', message, { cause, status: 401 });
  }
}

function refused(message: string, status: number): UeError {
  return new UeError('refused', message, { status });
}
