import * as v from 'valibot';
import type { AccessTokens } from '../key-source/sbi/access-tokens.ts';
import type { SbiClient } from '../key-source/sbi/client.ts';
import { SbiError } from '../key-source/sbi/errors.ts';
import type { SbiResponse } from '../key-source/sbi/session.ts';
import { jsonOf } from '../sbi-json/json-body.ts';
import { createdSessionId, renewedOf, type Subscribed, subscribedOf } from './status-subscription.ts';

/** The service that an MB-SMF offers, and its scope of access tokens (TS 29.532). */
export const MBS_SESSION_SERVICE = 'nmbsmf-mbssession';
const NF_TYPE = 'MB_SMF';

/** An MB-SMF, and how it is reached. */
export interface MbSmfOptions {
  readonly client: SbiClient;
  readonly apiRoot: string;
  /** Undefined where no access tokens are needed. */
  readonly tokens: AccessTokens | undefined;
  /** @default the service's own */
  readonly scope?: string | undefined;
}

/** What came of a request; `Done` is what there is to know of one that succeeded. */
export type MbSmfOutcome<Done extends object = object> =
  | ({ readonly kind: 'done' } & Done)
  /** The MB-SMF does not know the session, or the subscription. */
  | { readonly kind: 'gone' }
  | MbSmfFailure;

/** A request that did not succeed. */
export type MbSmfFailure =
  /** The MB-SMF will not have it, however often it comes. */
  | { readonly kind: 'refused'; readonly status: number; readonly cause: string | undefined }
  /** It may have it later. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterMs: number | undefined };

/** A session that was created. */
export interface CreatedSession {
  /** Its URL. */
  readonly resource: string;
  /** Its MbsSessionId (TS 29.571) in JSON, which the MB-SMF may have chosen; undefined: it names none. */
  readonly sessionId: string | undefined;
}

/** Statuses after which the same request may succeed (TS 29.500 §5.2.7.2). */
const LATER: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** The longest text that is taken from an answer, in characters. */
const MAX_TEXT = 200;
const problem = v.fallback(v.object({ cause: v.optional(v.pipe(v.string(), v.maxLength(MAX_TEXT))) }), {});

/** Creates, updates and releases MBS sessions at an MB-SMF (Nmbsmf_MBSSession, TS 29.532). */
export class MbSmf {
  readonly #options: MbSmfOptions;

  constructor(options: MbSmfOptions) {
    this.#options = options;
  }

  /** Creates a session (§5.3.2.2). @param body CreateReqData in JSON, which holds keys */
  async create(body: Uint8Array): Promise<MbSmfOutcome<CreatedSession>> {
    const url = this.#sessions();
    return this.#ask<CreatedSession>({ method: 'POST', url, type: 'application/json', body }, (response) => {
      if (response.status !== 201) return undefined;
      const resource = placeOf(response.headers.location, url, SESSION);
      const sessionId = createdSessionId(response.body);
      return resource === undefined ? wrongAnswer : { kind: 'done', resource, sessionId };
    });
  }

  /**
   * Changes members of a session by a JSON Patch (RFC 6902, TS 29.532 §5.3.2.3); which of them may be
   * changed is unverified (docs/conformance.md).
   */
  async patch(resource: string, patch: Uint8Array): Promise<MbSmfOutcome> {
    const call = {
      method: 'PATCH',
      url: new URL(resource),
      type: 'application/json-patch+json',
      body: patch,
    } as const;
    return this.#ask<object>(call, ({ status }) => {
      if (status === 404) return { kind: 'gone' };
      return status === 200 || status === 204 ? { kind: 'done' } : undefined;
    });
  }

  /** Releases a session (§5.3.2.4). */
  async release(resource: string): Promise<MbSmfOutcome> {
    return this.#ask<object>({ method: 'DELETE', url: new URL(resource) }, ({ status }) => {
      if (status === 404) return { kind: 'gone' };
      return status === 204 ? { kind: 'done' } : undefined;
    });
  }

  /**
   * Subscribes to the status of a session (StatusSubscribe, §5.3.2.6). The document has an answer without
   * content, too: such a subscription has no place, and can be neither renewed nor ended.
   * @param body StatusSubscribeReqData in JSON
   */
  async subscribe(body: Uint8Array): Promise<MbSmfOutcome<Subscribed>> {
    const url = new URL(`${this.#sessions().href}/subscriptions`);
    return this.#ask<Subscribed>({ method: 'POST', url, type: 'application/json', body }, (response) => {
      const { status, headers, body: answer } = response;
      if (status === 204) return { kind: 'done', place: undefined, expiresAt: undefined, reports: [] };
      if (status !== 201) return undefined;
      const subscribed = subscribedOf(answer);
      if (subscribed === undefined) return wrongAnswer;
      const place = placeOf(headers.location ?? subscribed.place, url, SUBSCRIPTION);
      return { kind: 'done', ...subscribed, place };
    });
  }

  /**
   * Renews a subscription (StatusSubscribeMod, §5.3.2.6).
   * @param patch a JSON Patch of its `expiryTime`
   */
  async renew(place: string, patch: Uint8Array): Promise<MbSmfOutcome<Subscribed>> {
    const url = new URL(place);
    const call = { method: 'PATCH', url, type: 'application/json-patch+json', body: patch } as const;
    return this.#ask<Subscribed>(call, ({ status, body }) => {
      if (status === 404) return { kind: 'gone' };
      if (status !== 200) return undefined;
      const renewed = renewedOf(body);
      return renewed === undefined ? wrongAnswer : { kind: 'done', ...renewed, place };
    });
  }

  /** Ends a subscription (StatusUnSubscribe, §5.3.2.7). */
  unsubscribe(place: string): Promise<MbSmfOutcome> {
    return this.release(place);
  }

  #sessions(): URL {
    return new URL(`${this.#options.apiRoot.replace(/\/$/, '')}/${MBS_SESSION_SERVICE}/v1/mbs-sessions`);
  }

  /** @param parse the outcome of an answer that is none of the errors that all requests may have */
  async #ask<Done extends object>(
    call: Call,
    parse: (response: SbiResponse) => MbSmfOutcome<Done> | undefined,
  ): Promise<MbSmfOutcome<Done>> {
    try {
      const response = await this.#sendWithToken(call);
      return parse(response) ?? failureOf(response);
    } catch (error) {
      if (!(error instanceof SbiError)) throw error;
      return { kind: 'unavailable', reason: error.code, retryAfterMs: undefined };
    }
  }

  /** Fetches another token once when the one that was sent is not accepted. */
  async #sendWithToken(call: Call): Promise<SbiResponse> {
    const { tokens, scope = MBS_SESSION_SERVICE } = this.#options;
    const authorization = await tokens?.authorization(NF_TYPE, scope);
    const response = await this.#send(call, authorization);
    if (response.status !== 401 || tokens === undefined || authorization === undefined) return response;
    tokens.forget(NF_TYPE, authorization);
    return this.#send(call, await tokens.authorization(NF_TYPE, scope));
  }

  #send({ method, url, type, body }: Call, authorization: string | undefined): Promise<SbiResponse> {
    return this.#options.client.call({
      method,
      url,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(type === undefined ? {} : { 'content-type': type }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      body,
    });
  }
}

interface Call {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly type?: string;
  readonly body?: Uint8Array;
}

const wrongAnswer: MbSmfFailure = { kind: 'unavailable', reason: 'wrong-answer', retryAfterMs: undefined };

const SESSION = /\/mbs-sessions\/[^/]+$/;
const SUBSCRIPTION = /\/mbs-sessions\/subscriptions\/[^/]+$/;

/** Where something was made: below the place of all, and never in cleartext where that is not. */
function placeOf(location: string | undefined, url: URL, form: RegExp): string | undefined {
  if (location === undefined || !URL.canParse(location, url.href)) return undefined;
  const place = new URL(location, url);
  const isSafe = place.origin === url.origin || place.protocol === 'https:';
  return isSafe && form.test(place.pathname) ? place.href : undefined;
}

function failureOf({ status, headers, body }: SbiResponse): MbSmfFailure {
  if (LATER.includes(status)) {
    const seconds = /^\d{1,5}$/.test(headers['retry-after'] ?? '')
      ? Number(headers['retry-after'])
      : undefined;
    return { kind: 'unavailable', reason: `status-${status}`, retryAfterMs: seconds && seconds * 1000 };
  }
  const { cause } = v.parse(problem, jsonOf(body));
  return { kind: 'refused', status, cause };
}
