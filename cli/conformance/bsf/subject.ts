import { type AuthenticatedChallenge, autsOf, readChallenge } from '../../../lib/gba/aka.ts';
import type { Impi } from '../../../lib/gba/impi.ts';
import type { SimKeys } from '../../../lib/gba/milenage.ts';
import {
  type AkaAnswer,
  type AkaAuthorization,
  type AkaChallenge,
  authorizeAka,
  DigestError,
  formatAkaAuthorization,
  formatAkaIdentity,
  parseAkaChallenge,
} from '../../../lib/http-digest/index.ts';
import { type HttpAnswer, httpGet } from '../../../lib/ue/http-post.ts';
import { Journal } from '../journal.ts';
import { NotVisible, type TraceLine, visible } from '../requirement.ts';
import { tracedAnswer, tracedRequest } from '../trace.ts';

/** The BSF under test, and the SIM with which it is tested. */
export interface BsfTarget {
  readonly url: URL;
  readonly impi: Impi;
  readonly keys: SimKeys;
  /** Whether the BSF gives temporary identities, as those of Release 8 and later do. */
  readonly hasTmpi: boolean;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** What a test changes about the answer to a challenge. */
export interface AnswerChanges {
  /** In place of what the SIM says. */
  readonly answer?: AkaAnswer;
  readonly challenge?: AkaChallenge;
  readonly username?: string;
  readonly realm?: string;
  readonly uri?: string;
  readonly qop?: 'auth' | 'auth-int';
  readonly header?: (header: string) => string;
}

/** A challenge, what was answered to it, and what the BSF says to that. */
export interface AkaExchange {
  readonly challenge: AkaChallenge;
  readonly authorization: AkaAuthorization;
  readonly header: string;
  readonly answer: HttpAnswer;
}

/** SQNs by which AUTS of a test is ahead of a challenge: 64 in SEQ, which no USIM minds (TS 33.102 C.2.1). */
const SQN_AHEAD = 64 * 32;

/** A BSF under test, reached over Ub as a UE reaches it. */
export class BsfUnderTest {
  readonly target: BsfTarget;
  readonly #journal = new Journal();

  constructor(target: BsfTarget) {
    this.target = target;
  }

  takeTrace(): readonly TraceLine[] {
    return this.#journal.take();
  }

  once<T>(name: string, act: () => Promise<T>): Promise<T> {
    return this.#journal.once(name, act);
  }

  /** The Request-URI of Ub. */
  get uri(): string {
    return this.target.url.pathname + this.target.url.search;
  }

  /** Sends a GET with these credentials, or with none. @throws UeError `no-answer` */
  async send(authorization?: string): Promise<HttpAnswer> {
    const headers = {
      accept: '*/*',
      'user-agent': 'bmsc-conformance/1 3gpp-gba 3gpp-gba-tmpi',
      ...(authorization === undefined ? {} : { authorization }),
    };
    this.#journal.add(tracedRequest('GET', this.uri, headers, ''));
    const answer = await httpGet(this.target.url, headers);
    this.#journal.add(tracedAnswer(answer));
    return answer;
  }

  /** Sends the first request of a run, which names the user. */
  identify(username: string = this.target.impi): Promise<HttpAnswer> {
    return this.send(formatAkaIdentity({ username, realm: this.target.url.hostname, uri: this.uri }));
  }

  /** The challenge of an answer; undefined without one that can be read. */
  challengeIn({ headers }: HttpAnswer): AkaChallenge | undefined {
    try {
      return parseAkaChallenge(headers['www-authenticate'] ?? '');
    } catch (error) {
      if (error instanceof DigestError) return undefined;
      throw error;
    }
  }

  /** A new challenge. @throws NotVisible */
  async challenge(): Promise<AkaChallenge> {
    return visible(
      this.challengeIn(await this.identify()),
      'without a challenge of Digest AKA nothing can be seen',
    );
  }

  /** What the SIM reads in a challenge. @throws NotVisible when it is not from its home network */
  read({ aka: { rand, autn } }: AkaChallenge): AuthenticatedChallenge {
    const read = readChallenge(this.target.keys, rand, autn);
    return visible(read, 'AUTN is not from the home network of the SIM: a UE goes no further');
  }

  /** AUTS for a challenge, which says that the SIM is ahead of it, and the SQN in it. */
  autsFor(challenge: AkaChallenge): { readonly auts: Uint8Array; readonly sqn: number } {
    const sqn = this.read(challenge).sqn + SQN_AHEAD;
    return { auts: autsOf(this.target.keys, challenge.aka.rand, sqn), sqn };
  }

  /** Answers a new challenge, changed as `changes` say. */
  async answered(changes: AnswerChanges = {}): Promise<AkaExchange> {
    const challenge = changes.challenge ?? (await this.challenge());
    const { impi, randomOctets } = this.target;
    const qop = changes.qop ?? 'auth-int';
    const authorization = authorizeAka({
      challenge: { ...challenge, realm: changes.realm ?? challenge.realm, qop: [qop] },
      answer: changes.answer ?? { kind: 'res', res: this.read(challenge).res },
      username: changes.username ?? impi,
      method: 'GET',
      uri: changes.uri ?? this.uri,
      entityBody: new Uint8Array(),
      cnonce: Buffer.from(randomOctets(16)).toString('hex'),
      nc: 1,
    });
    const plain = formatAkaAuthorization(authorization);
    const header = changes.header?.(plain) ?? plain;
    return { challenge, authorization, header, answer: await this.send(header) };
  }

  /** The first run, for all requirements that look at its end. */
  run(): Promise<AkaExchange> {
    return this.once('run', () => this.answered());
  }

  /** The run that bootstrapped. @throws NotVisible unless the right RES is accepted */
  async bootstrapped(): Promise<AkaExchange> {
    const exchange = await this.run();
    if (exchange.answer.status !== 200) throw new NotVisible('no run of Ub comes to its end');
    return exchange;
  }
}
