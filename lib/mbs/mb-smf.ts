import * as v from 'valibot';
import type { AccessTokens } from '../key-source/sbi/access-tokens.ts';
import type { SbiClient } from '../key-source/sbi/client.ts';
import { SbiError } from '../key-source/sbi/errors.ts';
import type { SbiResponse } from '../key-source/sbi/session.ts';
import { jsonOf } from '../sbi-json/json-body.ts';

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

/** What came of a request. */
export type MbSmfOutcome =
  /** `resource` is the URL of a session that was created. */
  | { readonly kind: 'done'; readonly resource?: string }
  /** The MB-SMF does not know the session. */
  | { readonly kind: 'gone' }
  /** The MB-SMF will not have it, however often it comes. */
  | { readonly kind: 'refused'; readonly status: number; readonly cause: string | undefined }
  /** It may have it later. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterMs: number | undefined };

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
  async create(body: Uint8Array): Promise<MbSmfOutcome> {
    const url = new URL(`${this.#options.apiRoot.replace(/\/$/, '')}/${MBS_SESSION_SERVICE}/v1/mbs-sessions`);
    return this.#ask({ method: 'POST', url, type: 'application/json', body }, (response) => {
      if (response.status !== 201) return undefined;
      const resource = resourceOf(response, url);
      return resource === undefined ? wrongAnswer : { kind: 'done', resource };
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
    return this.#ask(call, ({ status }) => {
      if (status === 404) return { kind: 'gone' };
      return status === 200 || status === 204 ? { kind: 'done' } : undefined;
    });
  }

  /** Releases a session (§5.3.2.4). */
  async release(resource: string): Promise<MbSmfOutcome> {
    return this.#ask({ method: 'DELETE', url: new URL(resource) }, ({ status }) => {
      if (status === 404) return { kind: 'gone' };
      return status === 204 ? { kind: 'done' } : undefined;
    });
  }

  /** @param parse the outcome of an answer that is none of the errors that all requests may have */
  async #ask(call: Call, parse: (response: SbiResponse) => MbSmfOutcome | undefined): Promise<MbSmfOutcome> {
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

const wrongAnswer: MbSmfOutcome = { kind: 'unavailable', reason: 'wrong-answer', retryAfterMs: undefined };

/** Where a session was made: below the place of all, and never in cleartext where that is not. */
function resourceOf({ headers: { location } }: SbiResponse, url: URL): string | undefined {
  if (location === undefined || !URL.canParse(location, url.href)) return undefined;
  const resource = new URL(location, url);
  const isSafe = resource.origin === url.origin || resource.protocol === 'https:';
  return isSafe && /\/mbs-sessions\/[^/]+$/.test(resource.pathname) ? resource.href : undefined;
}

function failureOf({ status, headers, body }: SbiResponse): MbSmfOutcome {
  if (LATER.includes(status)) {
    const seconds = /^\d{1,5}$/.test(headers['retry-after'] ?? '')
      ? Number(headers['retry-after'])
      : undefined;
    return { kind: 'unavailable', reason: `status-${status}`, retryAfterMs: seconds && seconds * 1000 };
  }
  const { cause } = v.parse(problem, jsonOf(body));
  return { kind: 'refused', status, cause };
}
