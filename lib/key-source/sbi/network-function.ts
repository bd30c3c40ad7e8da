import * as v from 'valibot';
import type { Btid } from '../../gba/btid.ts';
import { jsonOf } from '../../sbi-json/json-body.ts';
import type { LookUp } from '../key-source.ts';
import type { AccessTokens, TargetNfType } from './access-tokens.ts';
import type { SbiClient } from './client.ts';
import type { Discovery } from './discovery.ts';
import { SbiError } from './errors.ts';
import type { SbiResponse } from './session.ts';

/** A kind of network function, and how it is reached. */
export interface NetworkFunctionOptions {
  readonly client: SbiClient;
  readonly target: TargetNfType;
  /** Of TS 29.510. */
  readonly serviceName: string;
  /** The scope of its access tokens: services and their parts, with spaces between them. */
  readonly scope: string;
  /** The apiRoot that is set for an identifier; undefined: the discovery finds one. */
  readonly apiRootOf: (identifier: Btid) => string | undefined;
  /** Undefined where no access tokens are needed. */
  readonly tokens: AccessTokens | undefined;
  readonly discovery: Discovery | undefined;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** A question about one identifier: the resource below the apiRoot, and its JSON body. */
export interface Question {
  readonly identifier: Btid;
  readonly path: string;
  readonly body: Uint8Array;
}

/** What UEs are told to wait when the network says nothing, and at most, in ms. */
const RETRY_AFTER_MS = 2000;
const MAX_RETRY_AFTER_MS = 60_000;

/** Statuses by which a network function says that it can't answer now (TS 29.500 §5.2.7.2). */
const BUSY: readonly number[] = [429, 500, 502, 503, 504];

const problem = v.fallback(v.object({ cause: v.optional(v.unknown()) }), {});

/** Causes of a 503 that is about all questions, and not about one alone (TS 29.500 §5.2.7.2). */
const CONGESTION: readonly unknown[] = ['NF_CONGESTION', 'NF_SERVICE_CONGESTION'];

/**
 * Asks network functions of one kind, each question with an access token where that is needed. One that is
 * overloaded and says when it may be asked again is not asked before (TS 29.500 §6.4).
 */
export class NetworkFunction {
  readonly #options: NetworkFunctionOptions;
  /** By apiRoot, when it may be asked again, ms since the epoch. */
  readonly #notBefore = new Map<string, number>();

  constructor(options: NetworkFunctionOptions) {
    this.#options = options;
  }

  /**
   * Asks a question, and takes its answer for a look-up: 200 and 204 by `parse`, 404 unknown, 403 not
   * authorised, all else unavailable. An identifier of a domain for which no network function is set is
   * unknown: anybody can make up domains.
   * @param parse throws the error that a wrong answer has
   */
  async ask(question: Question, parse: (response: SbiResponse) => LookUp): Promise<LookUp> {
    try {
      const apiRoot = await this.#apiRootOf(question.identifier);
      if (apiRoot === undefined) return { kind: 'unknown' };
      const waitMs = this.#waitMs(apiRoot);
      if (waitMs > 0) return unavailable('retry-after', waitMs);
      const response = await this.#postWithToken(apiRoot, question);
      this.#keepRetryAfter(apiRoot, response);
      return lookUpOf(response, parse);
    } catch (error) {
      if (!(error instanceof SbiError)) throw error;
      return unavailable(error.code);
    }
  }

  async #apiRootOf(identifier: Btid): Promise<string | undefined> {
    const { apiRootOf, discovery, target, serviceName } = this.#options;
    return apiRootOf(identifier) ?? (await discovery?.apiRootOf(target, serviceName));
  }

  #waitMs(apiRoot: string): number {
    const waitMs = (this.#notBefore.get(apiRoot) ?? 0) - this.#options.now();
    if (waitMs <= 0) this.#notBefore.delete(apiRoot);
    return waitMs;
  }

  #keepRetryAfter(apiRoot: string, response: SbiResponse): void {
    const retryAfter = response.headers['retry-after'];
    if (retryAfter === undefined || !isOverloaded(response)) return;
    this.#notBefore.set(apiRoot, this.#options.now() + retryAfterOf(retryAfter));
  }

  /** Fetches another token once when the network function does not accept the one that was sent. */
  async #postWithToken(apiRoot: string, question: Question): Promise<SbiResponse> {
    const { tokens, target, scope } = this.#options;
    const authorization = await tokens?.authorization(target, scope);
    const response = await this.#post(apiRoot, question, authorization);
    if (response.status !== 401 || tokens === undefined || authorization === undefined) return response;
    tokens.forget(target, authorization);
    return this.#post(apiRoot, question, await tokens.authorization(target, scope));
  }

  async #post(apiRoot: string, { path, body }: Question, authorization?: string): Promise<SbiResponse> {
    const { client, discovery, target } = this.#options;
    try {
      return await client.call({
        method: 'POST',
        url: new URL(apiRoot.replace(/\/$/, '') + path),
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, application/problem+json',
          ...(authorization === undefined ? {} : { authorization }),
        },
        body,
      });
    } catch (error) {
      discovery?.forget(target, apiRoot);
      throw error;
    }
  }
}

function isOverloaded({ status, body }: SbiResponse): boolean {
  if (status === 429) return true;
  const { cause } = v.parse(problem, status === 503 ? jsonOf(body) : {});
  return CONGESTION.includes(cause);
}

function lookUpOf(response: SbiResponse, parse: (response: SbiResponse) => LookUp): LookUp {
  const { status, headers } = response;
  if (status === 200 || status === 204) return parse(response);
  if (status === 404) return { kind: 'unknown' };
  // A 403 with a challenge is about the access token, and not about the UE (TS 29.500 §6.7.3).
  if (status === 403 && headers['www-authenticate'] === undefined) return { kind: 'not-authorized' };
  if (BUSY.includes(status)) return unavailable(`status-${status}`, retryAfterOf(headers['retry-after']));
  return unavailable(`status-${status}`);
}

function unavailable(reason: string, retryAfterMs = RETRY_AFTER_MS): LookUp {
  return { kind: 'unavailable', reason, retryAfterMs };
}

/** Seconds (RFC 9110 §10.2.3); a date, which needs a clock that agrees, counts as not given. */
function retryAfterOf(text: string | undefined): number {
  const ms = /^\d{1,9}$/.test(text ?? '') ? Number(text) * 1000 : Number.NaN;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : RETRY_AFTER_MS;
}
