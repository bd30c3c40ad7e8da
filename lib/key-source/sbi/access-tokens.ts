import * as v from 'valibot';
import { SecretKey } from '../../keys/secret-key.ts';
import { jsonOf } from '../../sbi-json/json-body.ts';
import type { SbiClient } from './client.ts';
import { SbiError } from './errors.ts';

/** The NF types that this BM-SC talks to (TS 29.510 §6.1.6.3.3); the BSF of GBA is not `BSF`. */
export type TargetNfType = 'GBA_BSF' | 'AANF' | 'MB_SMF';

/** The NRF, and this BM-SC as it is registered there. */
export interface Nrf {
  readonly apiRoot: string;
  /** A UUID. */
  readonly nfInstanceId: string;
  readonly nfType: string;
}

/**
 * A token is not used in its last seconds, in which it might expire on the way, and a short one not in its
 * last half.
 */
const MARGIN_MS = 10_000;

const answer = v.object({
  access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,8192}$/)),
  token_type: v.pipe(v.string(), v.regex(/^bearer$/i)),
  expires_in: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1e9)), 60),
});

interface HeldToken {
  /** The token, which authorises whoever has it. */
  readonly token: SecretKey;
  /** ms since the epoch. */
  readonly usableUntil: number;
}

/**
 * Access tokens of the NRF by client credentials (TS 33.501 §13.4.1, TS 29.510 §5.4.2.2), one for each kind
 * of network function. A token is kept until shortly before it expires, and fetched once at a time.
 */
export class AccessTokens {
  readonly #client: SbiClient;
  readonly #nrf: Nrf;
  readonly #now: () => number;
  readonly #held = new Map<TargetNfType, HeldToken>();
  readonly #fetching = new Map<TargetNfType, Promise<HeldToken>>();

  /** @param now ms since the epoch */
  constructor(client: SbiClient, nrf: Nrf, now: () => number) {
    this.#client = client;
    this.#nrf = nrf;
    this.#now = now;
  }

  /**
   * The value of an Authorization header.
   * @param scope services and their parts, with spaces between them, such as `nbsp-gba`
   * @throws SbiError, `token-refused` when the NRF gives none
   */
  async authorization(target: TargetNfType, scope: string): Promise<string> {
    const held = this.#held.get(target);
    const isUsable = held !== undefined && this.#now() < held.usableUntil;
    return authorizationOf(isUsable ? held : await this.#fetch(target, scope));
  }

  /**
   * Forgets a token that a network function did not accept, unless another one has taken its place already.
   * @param authorization as it was sent
   */
  forget(target: TargetNfType, authorization: string): void {
    const held = this.#held.get(target);
    if (held !== undefined && authorizationOf(held) === authorization) this.#held.delete(target);
  }

  #fetch(target: TargetNfType, scope: string): Promise<HeldToken> {
    const fetching = this.#fetching.get(target);
    if (fetching !== undefined) return fetching;
    const fetched = this.#request(target, scope)
      .then((token) => {
        this.#held.set(target, token);
        return token;
      })
      .finally(() => this.#fetching.delete(target));
    this.#fetching.set(target, fetched);
    return fetched;
  }

  async #request(targetNfType: TargetNfType, scope: string): Promise<HeldToken> {
    const { apiRoot, nfInstanceId, nfType } = this.#nrf;
    const form = { grant_type: 'client_credentials', nfInstanceId, nfType, targetNfType, scope };
    const askedAt = this.#now();
    const { status, body } = await this.#client.call({
      method: 'POST',
      url: new URL(`${apiRoot.replace(/\/$/, '')}/oauth2/token`),
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: Buffer.from(new URLSearchParams(form).toString()),
    });
    const parsed = v.safeParse(answer, status === 200 ? jsonOf(body) : undefined);
    if (!parsed.success)
      throw new SbiError('token-refused', `the NRF gives no access token for ${scope}: status ${status}`);
    const lifetimeMs = parsed.output.expires_in * 1000;
    return {
      token: new SecretKey(Buffer.from(parsed.output.access_token, 'latin1')),
      usableUntil: askedAt + lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 2),
    };
  }
}

function authorizationOf({ token }: HeldToken): string {
  return `Bearer ${Buffer.from(token.exposeOctets()).toString('latin1')}`;
}
