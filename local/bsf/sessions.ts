import type { Btid } from '../../lib/gba/btid.ts';
import type { Impi } from '../../lib/gba/impi.ts';
import { isExpired } from '../../lib/gba/lifetime.ts';
import { ksIntNafOf, ksNafOf } from '../../lib/gba/naf-keys.ts';
import type { SecretKey } from '../../lib/keys/secret-key.ts';
import type { Subscriber } from './subscribers.ts';

/** A bootstrapped session at the BSF. Times are ms since the epoch. */
export interface BsfSession {
  readonly btid: Btid;
  readonly subscriber: Subscriber;
  readonly ks: SecretKey;
  readonly rand: Uint8Array;
  readonly bootstrappedAt: number;
  readonly expiresAt: number;
}

/** What a NAF gets: Ks_NAF or Ks_ext_NAF, and Ks_int_NAF when the UICC and the NAF do GBA_U. */
export interface NafAnswer {
  readonly session: BsfSession;
  readonly meKeyMaterial: SecretKey;
  readonly uiccKeyMaterial: SecretKey | undefined;
}

/** A NAF that asks, whichever reference point it uses; `nafId` is its FQDN and the Ua protocol's 5 octets. */
export interface NafQuestion {
  readonly btid: string;
  readonly nafFqdn: string;
  readonly nafId: Uint8Array;
  readonly isGbaUAware: boolean;
}

export type NafVerdict =
  | { readonly kind: 'found'; readonly answer: NafAnswer }
  | { readonly kind: 'unknown' | 'not-authorized' };

/** The sessions of a BSF. A subscriber has one: bootstrapping anew replaces it. */
export class BsfSessions {
  readonly #byBtid = new Map<string, BsfSession>();
  readonly #byImpi = new Map<Impi, Btid>();
  readonly #now: () => number;
  readonly #isNafAuthorized: (nafFqdn: string) => boolean;

  constructor(now: () => number, isNafAuthorized: (nafFqdn: string) => boolean) {
    this.#now = now;
    this.#isNafAuthorized = isNafAuthorized;
  }

  add(session: BsfSession): void {
    const { impi } = session.subscriber;
    const before = this.#byImpi.get(impi);
    if (before !== undefined) this.#byBtid.delete(before);
    this.#byImpi.set(impi, session.btid);
    this.#byBtid.set(session.btid, session);
  }

  /** Forgets every session, as a BSF does that is started anew. */
  clear(): void {
    this.#byBtid.clear();
    this.#byImpi.clear();
  }

  /** An expired session is unknown (TS 33.220 §4.5.3). */
  ask({ btid, nafFqdn, nafId, isGbaUAware }: NafQuestion): NafVerdict {
    if (!this.#isNafAuthorized(nafFqdn)) return { kind: 'not-authorized' };
    const session = this.#byBtid.get(btid);
    if (session === undefined || isExpired(session.expiresAt, this.#now())) return { kind: 'unknown' };
    const { subscriber, ks, rand } = session;
    const input = { ks, rand, impi: subscriber.impi, nafId };
    const meKeyMaterial = ksNafOf(input);
    const uiccKeyMaterial = subscriber.hasGbaU && isGbaUAware ? ksIntNafOf(input) : undefined;
    return { kind: 'found', answer: { session, meKeyMaterial, uiccKeyMaterial } };
  }
}
