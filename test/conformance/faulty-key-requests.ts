import { randomBytes } from 'node:crypto';
import { passwordsOf } from '../../cli/conformance/bmsc/naf.ts';
import type { OutgoingEvent } from '../../lib/events/envelope.ts';
import { type HttpResponse, requestOfEvent } from '../../lib/front-door/index.ts';
import { digestPasswordOf } from '../../lib/gba/mbms-keys.ts';
import { realmOf } from '../../lib/gba/realm.ts';
import {
  authorize,
  type DigestAuthorization,
  DigestError,
  formatAuthenticationInfo,
  formatAuthorization,
  parseAuthorization,
  parseChallenges,
} from '../../lib/http-digest/index.ts';
import { digestResponse } from '../../lib/http-digest/response.ts';
import type { KeyRequestContext } from '../../lib/key-management/context.ts';
import { handleKeyRequest } from '../../lib/key-management/key-request.ts';
import { NonceSecrets } from '../../lib/key-management/nonce-secrets.ts';
import { DEFAULT_PAYLOAD_PROFILE } from '../../lib/key-management/payload/payload-profile.ts';
import type { KeySource } from '../../lib/key-source/key-source.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';
import type { BootstrappedSession } from '../../lib/ue/bootstrapping/bootstrap.ts';
import type { TestTable } from '../store/table.ts';
import { NONCE_LIFETIME_MS } from './bmsc.ts';
import type { Fault, Judged, RawRequest, Unasked } from './fault.ts';

const SECRETS = { current: new SecretKey(Buffer.alloc(32, 1)), previous: undefined };
const NAF = 'bmsc.home1.net';

interface Parts {
  readonly fault: Fault | undefined;
  readonly ues: readonly BootstrappedKeys[];
  /** The runs of Ub of the test so far. */
  readonly sessions: readonly BootstrappedSession[];
  readonly bsf: KeySource;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  readonly onUnasked: (unasked: Unasked) => Promise<void> | undefined;
}

/** The Key Request function, wrong in one way: it knows the keys of its UEs, so that it can lie with them. */
export class FaultyKeyRequests {
  readonly #context: KeyRequestContext;
  readonly #parts: Parts;
  readonly #issued = new Map<string, number>();
  readonly #usedCounts = new Set<string>();

  constructor(store: TestTable, parts: Parts) {
    this.#parts = parts;
    this.#context = contextOf(store, parts);
  }

  async handle(request: RawRequest): Promise<HttpResponse> {
    const { fault } = this.#parts;
    const judged = this.#judge(request);
    const unasked = fault?.sends?.(judged);
    if (unasked !== undefined) await this.#parts.onUnasked(unasked);
    const denied = fault?.denies?.(judged);
    if (denied !== undefined) return denied === 'challenge' ? this.#challenge(request) : denied;
    let response = await this.#handle(request);
    if (response.status !== 200) {
      const changes = fault?.forgives?.(judged) ?? false;
      if (changes !== false) response = await this.#reauthenticated(judged, changes === true ? {} : changes);
    }
    if (judged.authorization !== undefined && response.status === 200)
      this.#usedCounts.add(countOf(judged.authorization));
    if (fault?.grants?.(judged) === true && response.status === 200) response = granted(judged);
    response = fault?.answer?.(response, judged) ?? response;
    this.#remember(response);
    return response;
  }

  /** The same request with credentials that are right, and an answer to the credentials that came. */
  async #reauthenticated(judged: Judged, changes: Partial<RawRequest>): Promise<HttpResponse> {
    const [ue] = this.#parts.ues;
    if (ue === undefined) throw new Error('there is no UE');
    const { method, target, headers, body } = { ...judged, ...changes };
    const { nonce } = await this.#newChallenge(judged);
    const password = digestPasswordOf(ue.mrk);
    const challenge = {
      realm: realmOf(NAF),
      nonce,
      qop: ['auth-int'],
      algorithm: 'MD5',
      stale: false,
    } as const;
    const entityBody = Buffer.from(body, 'latin1');
    const input = {
      challenge,
      username: ue.btid,
      password,
      method,
      uri: target,
      entityBody,
      cnonce: 'c',
      nc: 1,
    };
    const authorization = formatAuthorization(authorize(input));
    const response = await this.#handle({ method, target, headers: { ...headers, authorization }, body });
    if (judged.authorization === undefined || response.status !== 200) return response;
    const info = formatAuthenticationInfo({
      authorization: judged.authorization,
      password: judged.password,
      entityBody: Buffer.from(response.body),
    });
    return { ...response, headers: { ...response.headers, 'authentication-info': info } };
  }

  async #challenge(request: RawRequest): Promise<HttpResponse> {
    const { authorization: _, ...headers } = request.headers;
    const response = await this.#handle({ ...request, headers });
    this.#remember(response);
    return response;
  }

  async #newChallenge(request: RawRequest) {
    const headers = { 'content-type': 'application/mbms-register+xml' };
    const target = '/keymanagement?requesttype=register';
    const response = await this.#challenge({ ...request, method: 'POST', target, headers, body: '' });
    const [challenge] = parseChallenges(response.headers['www-authenticate'] ?? '');
    if (challenge === undefined) throw new Error('there is no challenge');
    return challenge;
  }

  async #handle({ method, target, headers, body }: RawRequest): Promise<HttpResponse> {
    const [path = '', query = ''] = target.split('?');
    const { response } = await handleKeyRequest(
      this.#context,
      requestOfEvent({
        version: '2.0',
        rawPath: path,
        rawQueryString: query,
        headers,
        body: Buffer.from(body, 'latin1').toString('base64'),
        isBase64Encoded: true,
        requestContext: { requestId: 'r', http: { method, sourceIp: '127.0.0.1' } },
      }),
    );
    return response;
  }

  #remember({ headers }: HttpResponse): void {
    const text = `${headers['www-authenticate'] ?? ''} ${headers['authentication-info'] ?? ''}`;
    for (const [, nonce = ''] of text.matchAll(/nonce="([^"]*)"/g))
      if (!this.#issued.has(nonce)) this.#issued.set(nonce, Date.now());
  }

  #passwordOf(ue: BootstrappedKeys | undefined, session: number): string {
    const run = this.#parts.sessions[session];
    if (run !== undefined) return passwordsOf(run, NAF).own;
    return digestPasswordOf((ue ?? this.#parts.ues[0])?.mrk ?? new SecretKey(new Uint8Array(32)));
  }

  /** With which key a UE of the BSF has signed. */
  #signerOf(session: number, request: RawRequest, authorization: DigestAuthorization | undefined) {
    const { sessions } = this.#parts;
    const run = sessions[session];
    if (run === undefined || authorization === undefined) return undefined;
    const { own, otherNaf, otherProtocol } = passwordsOf(run, NAF);
    const others = sessions.filter((each) => each !== run).map((each) => passwordsOf(each, NAF).own);
    const entityBody = Buffer.from(request.body, 'latin1');
    const isBy = (password: string) =>
      digestResponse({ authorization, password, entityBody }, request.method) === authorization.response;
    if (isBy(own)) return 'own';
    if (isBy(otherNaf)) return 'other-naf';
    if (isBy(otherProtocol)) return 'other-protocol';
    return others.some(isBy) ? 'other-session' : 'none';
  }

  #judge(request: RawRequest): Judged {
    const authorization = parsedOrNone(request.headers.authorization);
    const ue = this.#parts.ues.find(({ btid }) => btid === authorization?.username);
    const session = this.#parts.sessions.findIndex(({ btid }) => btid === authorization?.username);
    const password = this.#passwordOf(ue, session);
    const entityBody = Buffer.from(request.body, 'latin1');
    const right = authorization && digestResponse({ authorization, password, entityBody }, request.method);
    const issuedAt = this.#issued.get(authorization?.nonce ?? '');
    const isOld = issuedAt !== undefined && Date.now() - issuedAt > NONCE_LIFETIME_MS;
    return {
      ...request,
      authorization,
      password,
      isKnown: ue !== undefined || session !== -1,
      session: session === -1 ? undefined : session,
      bootstrapped: this.#signerOf(session, request, authorization),
      isSecond: ue !== undefined && ue === this.#parts.ues[1],
      isExpired: ue !== undefined && ue.expiresAt <= Date.now(),
      isRealmOwn: authorization?.realm === realmOf(NAF),
      isUriOwn: authorization?.uri === request.target,
      isResponseRight: right !== undefined && authorization?.response === right,
      isResponseNear: right !== undefined && authorization?.response.slice(0, -1) === right.slice(0, -1),
      nonce: issuedAt === undefined ? 'foreign' : isOld ? 'old' : 'fresh',
      isCountUsed: authorization !== undefined && this.#usedCounts.has(countOf(authorization)),
      requestType: /requesttype=([^&]*)/.exec(request.target)?.[1] ?? '',
      xml: Buffer.from(request.body, 'base64').toString(),
    };
  }
}

/** The 200 that grants everything. */
export function granted({ authorization, password }: Judged): HttpResponse {
  if (authorization === undefined) return { status: 200, headers: {}, body: '' };
  const info = formatAuthenticationInfo({ authorization, password, entityBody: new Uint8Array(0) });
  return { status: 200, headers: { 'authentication-info': info }, body: '' };
}

function countOf({ nonce, nc }: DigestAuthorization): string {
  return `${nonce}/${nc}`;
}

function parsedOrNone(header: string | undefined): DigestAuthorization | undefined {
  try {
    return header === undefined ? undefined : parseAuthorization(header);
  } catch (error) {
    if (error instanceof DigestError) return undefined;
    throw error;
  }
}

function contextOf(store: TestTable, { fault, publish, bsf }: Parts): KeyRequestContext {
  const source = { read: async () => SECRETS, onFailedRead: () => undefined };
  return {
    settings: {
      nafFqdn: NAF,
      path: '/keymanagement',
      qop: ['auth-int'],
      algorithms: ['MD5'],
      nonceLifetimeMs: NONCE_LIFETIME_MS,
      uePort: 2269,
      payloadProfile: DEFAULT_PAYLOAD_PROFILE,
      lifetimeWithoutExpiryMs: 3_600_000,
      mrkRule: 'ks-ext-naf',
      ...fault?.settings,
    },
    keySources: { gba: bsf },
    store,
    nonceSecrets: new NonceSecrets(source, SECRETS, Date.now()),
    publish,
    now: Date.now,
    randomOctets: (length) => randomBytes(length),
  };
}
