import type { Btid } from '../gba/btid.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { KeySource, LookUp } from './key-source.ts';
import { UnknownIdentifiers } from './unknown-identifiers.ts';

/** How a network is protected from floods of look-ups, and UEs from a network that fails. */
export interface GuardOptions {
  readonly source: KeySource;
  /**
   * The network function that an identifier leads to, one of a few: each is left alone by itself when it
   * fails. Without it, all identifiers lead to one.
   */
  readonly peerOf?: (identifier: Btid) => string;
  /** Look-ups that are left in this second; `now` in ms since the epoch. */
  readonly allowance: { readonly take: (now: number) => Promise<boolean> };
  /** A look-up that takes longer is unavailable, in ms. */
  readonly timeoutMs: number;
  /** How long an identifier that the network does not know is not asked for again, in ms. */
  readonly unknownMs: number;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Learns the outcome of each question to the network, and how long it took in ms. */
  readonly onLookUp: (lookUp: LookUp, ms: number) => void;
}

/** Identifiers of 300 characters each: 3 MB at most. */
const MAX_UNKNOWN = 10_000;

/** While one question tries whether the network is there again, ms. */
const LEAST_PAUSE_MS = 1000;

/** After the allowance of a second is used up, ms. */
const NEXT_SECOND_MS = 1000;

/**
 * A key source that asks the network only as often as it may. The same identifier is asked for once at a
 * time; one that the network does not know is not asked for again for a while; a network that fails is left
 * alone for a while; and all instances share one allowance.
 */
export class GuardedKeySource implements KeySource {
  readonly #options: GuardOptions;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #unknown: UnknownIdentifiers;
  readonly #inProgress = new Map<Btid, Promise<LookUp>>();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#unknown = new UnknownIdentifiers(options.unknownMs, MAX_UNKNOWN);
  }

  /** @throws the errors of the allowance */
  lookUp(identifier: Btid): Promise<LookUp> {
    if (this.#unknown.has(identifier, this.#options.now())) return Promise.resolve({ kind: 'unknown' });
    const inProgress = this.#inProgress.get(identifier);
    if (inProgress !== undefined) return inProgress;
    const asked = this.#ask(identifier).finally(() => this.#inProgress.delete(identifier));
    this.#inProgress.set(identifier, asked);
    return asked;
  }

  close(): Promise<void> {
    return this.#options.source.close();
  }

  async #ask(identifier: Btid): Promise<LookUp> {
    const { allowance, now, onLookUp } = this.#options;
    const breaker = this.#breakerOf(identifier);
    if (!breaker.admits(now())) {
      const retryAfterMs = Math.max(breaker.opensFor(now()), LEAST_PAUSE_MS);
      return { kind: 'unavailable', reason: 'breaker-open', retryAfterMs };
    }
    if (!(await this.#takeAllowance(allowance, breaker))) {
      const refused = { kind: 'unavailable', reason: 'too-many', retryAfterMs: NEXT_SECOND_MS } as const;
      onLookUp(refused, 0);
      return refused;
    }
    const askedAt = now();
    const lookUp = await this.#askInTime(identifier, breaker);
    if (isDown(lookUp)) breaker.failed(now());
    else breaker.succeeded();
    if (lookUp.kind === 'unknown') this.#unknown.add(identifier, now());
    onLookUp(lookUp, now() - askedAt);
    return lookUp;
  }

  #breakerOf(identifier: Btid): CircuitBreaker {
    const peer = this.#options.peerOf?.(identifier) ?? '';
    const breaker = this.#breakers.get(peer) ?? new CircuitBreaker();
    this.#breakers.set(peer, breaker);
    return breaker;
  }

  /** The breaker's admission is given back when no question follows. */
  async #takeAllowance(allowance: GuardOptions['allowance'], breaker: CircuitBreaker): Promise<boolean> {
    let isTaken = false;
    try {
      isTaken = await allowance.take(this.#options.now());
      return isTaken;
    } finally {
      if (!isTaken) breaker.withdrawn();
    }
  }

  /** An error that a source throws against its contract is a failure, too. */
  async #askInTime(identifier: Btid, breaker: CircuitBreaker): Promise<LookUp> {
    const { source, timeoutMs, now } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<LookUp>((resolve) => {
      timer = setTimeout(
        () => resolve({ kind: 'unavailable', reason: 'timeout', retryAfterMs: timeoutMs }),
        timeoutMs,
      );
    });
    try {
      return await Promise.race([source.lookUp(identifier), late]);
    } catch (error) {
      breaker.failed(now());
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Reasons of a network that answers: nonsense, a refusal of this very question, or when to ask again. One
 * identifier alone can cause them, and anybody can make up identifiers: they must not cost others their keys.
 */
const ANSWERED = /^(bad-answer|too-large|bad-redirect|retry-after|status-4(?!29))/;

function isDown(lookUp: LookUp): boolean {
  return lookUp.kind === 'unavailable' && !ANSWERED.test(lookUp.reason);
}
