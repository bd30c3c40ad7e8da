import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AuthenticationVector, authenticationVectorOf, sqnOfAuts } from '../../lib/gba/aka.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import {
  type AkaAuthorization,
  DigestError,
  formatAkaChallenge,
  formatAkaNonce,
  formatAuthenticationInfo,
  isResponseCorrect,
  parseAkaAuthorization,
} from '../../lib/http-digest/index.ts';
import {
  BOOTSTRAPPING_INFO_TYPE,
  encodeBootstrappingInfo,
} from '../../lib/ue/bootstrapping/bootstrapping-info.ts';
import { nextSqn } from '../../lib/ue/bootstrapping/ue-sim.ts';
import type { BsfSessions } from './sessions.ts';
import type { Subscriber } from './subscribers.ts';

/** A challenge that waits for its answer. */
interface PendingChallenge {
  readonly subscriber: Subscriber;
  readonly vector: AuthenticationVector;
}

/** Challenges that wait at most; the oldest is forgotten first. */
const MAX_PENDING = 1000;

interface UbAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The BSF's side of Ub (TS 24.109 §4): challenges by the vectors of its own subscribers, each used once. */
export class Ub {
  /** How long keys live from now on, in ms. */
  lifetimeMs: number;
  readonly #bsfName: string;
  readonly #subscribers: ReadonlyMap<string, Subscriber>;
  readonly #sqn = new Map<Subscriber, number>();
  readonly #pending = new Map<string, PendingChallenge>();
  readonly #sessions: BsfSessions;
  readonly #now: () => number;

  constructor(options: {
    readonly bsfName: string;
    readonly subscribers: readonly Subscriber[];
    readonly lifetimeMs: number;
    readonly sessions: BsfSessions;
    readonly now: () => number;
  }) {
    this.lifetimeMs = options.lifetimeMs;
    this.#bsfName = options.bsfName;
    this.#subscribers = new Map(options.subscribers.map((each) => [each.impi, each]));
    this.#sessions = options.sessions;
    this.#now = options.now;
  }

  /** A request listener of node:http. */
  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    const { status, headers = {}, body = '' } = this.#answer(request);
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };

  #answer({ method, url = '', headers: { authorization } }: IncomingMessage): UbAnswer {
    if (method !== 'GET') return { status: 405, headers: { allow: 'GET' } };
    if (authorization === undefined) return { status: 400 };
    try {
      const credentials = parseAkaAuthorization(authorization);
      if (credentials.kind === 'identity') return this.#challenge(credentials.username, false);
      return this.#authenticate(credentials.authorization, url);
    } catch (error) {
      if (error instanceof DigestError) return { status: 400 };
      throw error;
    }
  }

  #challenge(impi: string, isStale: boolean): UbAnswer {
    const subscriber = this.#subscribers.get(impi);
    if (subscriber === undefined) return { status: 403 };
    const sqn = nextSqn(this.#sqn.get(subscriber) ?? subscriber.sqn);
    this.#sqn.set(subscriber, sqn);
    const rand = new Uint8Array(randomBytes(16));
    const vector = authenticationVectorOf(subscriber.keys, { rand, sqn, amf: subscriber.amf });
    const aka = { ...vector, serverData: new Uint8Array() };
    const [oldest] = this.#pending.size < MAX_PENDING ? [] : this.#pending.keys();
    if (oldest !== undefined) this.#pending.delete(oldest);
    this.#pending.set(formatAkaNonce(aka), { subscriber, vector });
    const header = formatAkaChallenge({ realm: this.#bsfName, aka, qop: ['auth-int'], stale: isStale });
    return { status: 401, headers: { 'www-authenticate': header } };
  }

  /** Each challenge is answered once, rightly or not: a repeated request gets a new challenge. */
  #authenticate(authorization: AkaAuthorization, url: string): UbAnswer {
    const pending = this.#pending.get(authorization.nonce);
    this.#pending.delete(authorization.nonce);
    if (pending === undefined) return this.#challenge(authorization.username, true);
    const { subscriber, vector } = pending;
    if (authorization.username !== subscriber.impi) return { status: 403 };
    if (authorization.auts !== undefined) return this.#resynchronise(pending, authorization.auts);
    const input = { authorization, password: vector.xres, method: 'GET', entityBody: new Uint8Array() };
    const { realm, uri, qop, nc } = authorization;
    const isForHere = realm === this.#bsfName && uri === url && qop === 'auth-int' && nc === 1;
    if (!isForHere || !isResponseCorrect(input)) return { status: 403 };
    return this.#bootstrapped(pending, authorization);
  }

  #resynchronise({ subscriber, vector }: PendingChallenge, auts: Uint8Array): UbAnswer {
    const sqn = sqnOfAuts(subscriber.keys, vector.rand, auts);
    if (sqn === undefined) return { status: 403 };
    this.#sqn.set(subscriber, sqn);
    return this.#challenge(subscriber.impi, false);
  }

  #bootstrapped({ subscriber, vector }: PendingChallenge, authorization: AkaAuthorization): UbAnswer {
    const { ks, rand, xres } = vector;
    const bootstrappedAt = this.#now();
    const expiresAt = bootstrappedAt + this.lifetimeMs;
    const btid = btidOf({ rand, bsfName: this.#bsfName });
    this.#sessions.add({ btid, subscriber, ks, rand, bootstrappedAt, expiresAt });
    const body = encodeBootstrappingInfo({ btid, expiresAt });
    const entityBody = Buffer.from(body);
    const info = formatAuthenticationInfo({ authorization, password: xres, entityBody });
    return {
      status: 200,
      headers: {
        'content-type': BOOTSTRAPPING_INFO_TYPE,
        'authentication-info': info,
        expires: new Date(expiresAt).toUTCString(),
      },
      body,
    };
  }
}
