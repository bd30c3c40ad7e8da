import { setTimeout as delay } from 'node:timers/promises';
import { digestPasswordOf } from '../../../lib/gba/mbms-keys.ts';
import { realmOf } from '../../../lib/gba/realm.ts';
import {
  authorize,
  type DigestAuthorization,
  type DigestChallenge,
  DigestError,
  formatAuthorization,
  parseChallenges,
} from '../../../lib/http-digest/index.ts';
import { encodeMskRequest, type KeyIdentification } from '../../../lib/key-management/payload/msk-request.ts';
import type {
  PayloadProfile,
  REQUEST_DOCUMENTS,
} from '../../../lib/key-management/payload/payload-profile.ts';
import {
  encodeDeregisterRequest,
  encodeRegisterRequest,
} from '../../../lib/key-management/payload/register.ts';
import { UE_PORT_PARAMETER } from '../../../lib/key-management/request-line.ts';
import type { BootstrappedSession } from '../../../lib/ue/bootstrapping/bootstrap.ts';
import { type HttpAnswer, httpGet, httpPost } from '../../../lib/ue/http-post.ts';
import type { UeSecurityAssociation } from '../../../lib/ue/security-association.ts';
import { Journal } from '../journal.ts';
import type { MikeyInbox } from '../mikey-inbox.ts';
import type { ConformanceProfile } from '../profile.ts';
import { NotVisible, type TraceLine } from '../requirement.ts';
import { tracedAnswer, tracedRequest } from '../trace.ts';

/** The BM-SC under test, and with which rights it is tested. */
export interface BmscTarget {
  readonly url: URL;
  readonly profile: ConformanceProfile;
  readonly association: UeSecurityAssociation;
  /** Makes the BM-SC act on the test subscriber; undefined where the tester gave no command. */
  readonly stimuli: { readonly push?: () => Promise<void>; readonly solicit?: () => Promise<void> };
  readonly randomOctets: (length: number) => Uint8Array;
  /** Runs Ub with the SIM of the test subscriber, where there is one. */
  readonly bootstrap?: () => Promise<BootstrappedSession>;
  /** The Digest password that follows for this BM-SC: as with GBA_ME, unless set. */
  readonly passwordOf?: (session: BootstrappedSession) => string;
  /** A second subscriber, whose keys end at `expiresAt`, ms since the epoch. */
  readonly expiring?: { readonly subject: BmscUnderTest; readonly expiresAt: number };
}

/** A request, by its parts that a test may change. */
export interface RequestParts {
  readonly requestType: string;
  readonly contentType: string;
  readonly body: string;
  readonly method?: 'GET' | 'POST';
  /** URI parameters behind those that every request has. */
  readonly parameters?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a test changes about the credentials of a request. */
export interface CredentialChanges {
  readonly challenge?: DigestChallenge;
  readonly nc?: number;
  readonly username?: string;
  readonly password?: string;
  readonly realm?: string;
  readonly nonce?: string;
  readonly qop?: 'auth' | 'auth-int';
  /** Signed in place of what is sent. */
  readonly uri?: string;
  readonly signedBody?: string;
  readonly header?: (header: string, authorization: DigestAuthorization) => string;
}

/** A request with credentials, and its answer. */
export interface SignedExchange {
  readonly answer: HttpAnswer;
  readonly authorization: DigestAuthorization;
}

/** A BM-SC under test, reached as a UE reaches it. */
export class BmscUnderTest {
  readonly target: BmscTarget;
  readonly inbox: MikeyInbox;
  readonly password: string;
  readonly realm: string;
  readonly #counts = new Map<string, number>();
  readonly #journal: Journal;

  /** `trace` is where `inbox` puts its lines, too. */
  constructor(target: BmscTarget, inbox: MikeyInbox, trace: TraceLine[]) {
    this.target = target;
    this.inbox = inbox;
    this.#journal = new Journal(trace);
    this.password = digestPasswordOf(target.association.mrk);
    this.realm = realmOf(target.association.nafFqdn);
  }

  get profile(): ConformanceProfile {
    return this.target.profile;
  }

  /** Names and forms of payloads, of its requests and of their answers. */
  get payloadProfile(): PayloadProfile {
    return this.profile.payloads;
  }

  takeTrace(): readonly TraceLine[] {
    return this.#journal.take();
  }

  note(text: string): void {
    this.#journal.add({ direction: 'noted', text });
  }

  /** Does something once for all requirements that look at it; each has its lines in its trace. */
  once<T>(name: string, act: () => Promise<T>): Promise<T> {
    return this.#journal.once(name, act);
  }

  /** Waits as long as what does not come would take. */
  quiet(): Promise<void> {
    return delay(this.profile.times.quiet);
  }

  /** Sends a request as it stands. @throws UeError `no-answer` */
  async send(parts: RequestParts, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    const { method = 'POST', body, contentType } = parts;
    const url = this.#urlOf(parts);
    const sent = {
      'content-type': contentType,
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'bmsc-conformance/1 3gpp-gba',
      ...parts.headers,
      ...headers,
    };
    this.#journal.add(tracedRequest(method, url.pathname + url.search, sent, body));
    const answer = method === 'GET' ? await httpGet(url, sent) : await httpPost(url, sent, body);
    this.#journal.add(tracedAnswer(answer));
    return answer;
  }

  /** A new challenge. @throws NotVisible when there is none for this UE */
  async challenge(): Promise<DigestChallenge> {
    const answer = await this.send(this.registration([this.profile.services.unknown]));
    return this.challengeIn(answer) ?? this.#noChallenge();
  }

  /** The challenge of an answer that this UE can use; the realm is not looked at. */
  challengeIn({ headers }: HttpAnswer): DigestChallenge | undefined {
    try {
      const challenges = parseChallenges(headers['www-authenticate'] ?? '');
      return challenges.find(({ realm }) => realm === this.realm) ?? challenges[0];
    } catch (error) {
      if (!(error instanceof DigestError)) throw error;
      return undefined;
    }
  }

  /** Sends a request with credentials for a new challenge, changed as `changes` say. */
  async signed(parts: RequestParts, changes: CredentialChanges = {}): Promise<SignedExchange> {
    const { association, randomOctets } = this.target;
    const challenge = changes.challenge ?? (await this.challenge());
    const nonce = changes.nonce ?? challenge.nonce;
    const url = this.#urlOf(parts);
    const authorization = authorize({
      challenge: { ...challenge, nonce, realm: changes.realm ?? this.realm },
      username: changes.username ?? association.btid,
      password: changes.password ?? this.password,
      method: parts.method ?? 'POST',
      uri: changes.uri ?? url.pathname + url.search,
      entityBody: Buffer.from(changes.signedBody ?? parts.body),
      cnonce: Buffer.from(randomOctets(16)).toString('hex'),
      nc: changes.nc ?? this.#nextCount(nonce),
      qop: changes.qop ?? 'auth-int',
    });
    const header = formatAuthorization(authorization);
    const sent = changes.header?.(header, authorization) ?? header;
    return { answer: await this.send(parts, { authorization: sent }), authorization };
  }

  /** @throws NotVisible unless a right response is authenticated: nothing else can be seen then */
  async accepted(): Promise<void> {
    const { answer } = await this.once('accepted', () =>
      this.signed(this.registration([this.profile.services.unknown])),
    );
    if (answer.status !== 200) throw new NotVisible('no request is authenticated');
  }

  registration(serviceIds: readonly string[]): RequestParts {
    return this.#requestOf('register', encodeRegisterRequest(serviceIds, this.payloadProfile));
  }

  deregistration(serviceIds: readonly string[]): RequestParts {
    return this.#requestOf('deregister', encodeDeregisterRequest(serviceIds, this.payloadProfile));
  }

  mskRequest(keys: readonly KeyIdentification[]): RequestParts {
    return this.#requestOf('mskRequest', encodeMskRequest(keys, this.payloadProfile));
  }

  #requestOf(document: (typeof REQUEST_DOCUMENTS)[number], body: string): RequestParts {
    const { requestType, mediaType: contentType } = this.payloadProfile[document];
    return { requestType, contentType, body };
  }

  /** Counts on under a nonce, also under one that the BM-SC gives twice. */
  #nextCount(nonce: string): number {
    const count = (this.#counts.get(nonce) ?? 0) + 1;
    this.#counts.set(nonce, count);
    return count;
  }

  #urlOf({ requestType, parameters }: RequestParts): URL {
    const url = new URL(this.target.url);
    const own = `requesttype=${requestType}&${UE_PORT_PARAMETER}=${this.inbox.address.port}`;
    url.search = [url.search.slice(1), own, parameters].filter((part) => part).join('&');
    return url;
  }

  #noChallenge(): never {
    throw new NotVisible('without a challenge nothing can be authenticated');
  }
}
