import type { UeAddress } from '../../address/ue-address.ts';
import type { Impi } from '../../gba/impi.ts';
import type { PageOutcome } from '../../store/ledger/push-page.ts';
import type { DeliveryFailure } from '../errors.ts';
import type { AllowedMessage, UeAllowance } from '../pacing/allowance.ts';

/** Bounds of the answers of one worker. Each MSK to a UE is one message under way until it is settled. */
export interface AnswerLimits {
  /** Messages under way to one UE. */
  readonly underWay: number;
  /** Messages under way to all UEs: the memory that answers take. */
  readonly underWayInAll: number;
  /** MSKs to one UE in a minute. The UE may have as many together. */
  readonly perMinute: number;
}

/** A UE of 30 User Services whose MSKs are being rotated needs 60 MSKs when it registers. */
export const ANSWER_LIMITS: AnswerLimits = { underWay: 128, underWayInAll: 16_384, perMinute: 256 };

/** A UE may have this share of the messages that are left, so that no few UEs take all. */
const SHARE_OF_REST = 1 / 64;
/** While any message is left, a UE may have this many. */
const MIN_UNDER_WAY = 4;
/** No more work is taken when answers have this share of `underWayInAll`. */
const BUSY_SHARE = 0.75;

/** The octets of the shortest request over HTTP that is granted: see ADR 10. */
export const MIN_REQUEST_OCTETS = 512;
/** A UE that answers nothing is sent at most this many octets for each that it sent. */
const MAX_AMPLIFICATION = 3;
const OCTETS_PER_REQUEST = MAX_AMPLIFICATION * MIN_REQUEST_OCTETS;

/** UEs that are remembered after their last answer; at most twice as many. */
const REMEMBERED_UES = 20_000;

/**
 * Bounds what each UE may make this worker send, by IMPI. It lives in memory only: each worker has bounds of
 * its own, and a UE whose answers go out from several workers may have as much from each.
 */
export class AnswerBounds {
  readonly #limits: AnswerLimits;
  readonly #elapsed: () => number;
  #recent = new Map<Impi, AnsweredUe>();
  #before = new Map<Impi, AnsweredUe>();
  #underWay = 0;
  #requests = 0;

  /** @param elapsed ms of a clock that does not go back */
  constructor(elapsed: () => number, limits = ANSWER_LIMITS) {
    this.#elapsed = elapsed;
    this.#limits = limits;
  }

  /** Messages under way to all UEs. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Requests and registrations whose answers are not settled. */
  get requests(): number {
    return this.#requests;
  }

  /** Whether more requests should be taken. */
  get hasCapacity(): boolean {
    return this.#underWay < this.#limits.underWayInAll * BUSY_SHARE;
  }

  /** Answers a UE's request: allows it the octets that the request earns, and counts it as in progress. */
  async during<T>(impi: Impi, answer: (ue: AnsweredUe) => Promise<T>): Promise<T> {
    const ue = this.#ueOf(impi);
    ue.earn(OCTETS_PER_REQUEST);
    this.#requests += 1;
    try {
      return await answer(ue);
    } finally {
      this.#requests -= 1;
    }
  }

  #ueOf(impi: Impi): AnsweredUe {
    const known = this.#recent.get(impi) ?? this.#before.get(impi);
    const ue = known ?? new AnsweredUe(this.#limits, this.#elapsed, this);
    this.#recent.set(impi, ue);
    if (this.#recent.size >= REMEMBERED_UES) this.#forget();
    return ue;
  }

  /** Forgets UEs that have asked for nothing lately, but none that has messages under way. */
  #forget(): void {
    for (const [impi, ue] of this.#before)
      if (ue.underWay > 0 && !this.#recent.has(impi)) this.#recent.set(impi, ue);
    this.#before = this.#recent;
    this.#recent = new Map();
  }

  /** Whether a UE with this many messages under way may have one more. Counts it, if so. */
  tryStart(underWay: number): boolean {
    const { underWay: most, underWayInAll } = this.#limits;
    const left = underWayInAll - this.#underWay;
    const share = Math.min(most, Math.max(MIN_UNDER_WAY, Math.floor(left * SHARE_OF_REST)));
    if (left <= 0 || underWay >= share) return false;
    this.#underWay += 1;
    return true;
  }

  /** Counts a message that is settled. */
  end(): void {
    this.#underWay -= 1;
  }
}

/** What becomes of an MSK that a UE is to be sent. */
export type Admission = 'admitted' | 'joined' | DeliveryFailure;

/**
 * One UE that answers go to.
 *
 * Its messages may have three times the octets of its requests until it has answered one from its address, as
 * in QUIC (RFC 9000 §8.1). From then on it may be sent everything, until it leaves a message unanswered or
 * moves. A first message leaves half of the octets of a request for those that repeat it.
 */
export class AnsweredUe implements UeAllowance {
  onMore: () => void = () => {};
  readonly #limits: AnswerLimits;
  readonly #elapsed: () => number;
  readonly #all: Pick<AnswerBounds, 'tryStart' | 'end'>;
  /** What is under way: MSK, B-TID and address. */
  readonly #underWay = new Set<string>();
  /** Octets that it may be sent while it answers nothing. */
  #credit = 0;
  #verifiedAt: UeAddress | undefined;
  /** When the bucket of MSKs in a minute is full again, in ms. */
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor(limits: AnswerLimits, elapsed: () => number, all: Pick<AnswerBounds, 'tryStart' | 'end'>) {
    this.#limits = limits;
    this.#elapsed = elapsed;
    this.#all = all;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** Octets that it may be sent while it answers nothing. */
  get credit(): number {
    return this.#credit;
  }

  /** Admits a message, which is under way until `settle`; `joined`: the same one is under way already. */
  admit(message: string): Admission {
    if (this.#underWay.has(message)) return 'joined';
    const interval = 60_000 / this.#limits.perMinute;
    const fullAt = Math.max(this.#fullAt, this.#elapsed()) + interval;
    if (fullAt > this.#elapsed() + 60_000 + interval / 2) return 'too-frequent';
    if (!this.#all.tryStart(this.#underWay.size)) return 'too-many-under-way';
    this.#fullAt = fullAt;
    this.#underWay.add(message);
    return 'admitted';
  }

  /** Ends an admitted message. `outcome` is undefined where the delivery was interrupted. */
  settle(message: string, to: UeAddress, outcome: PageOutcome | undefined): void {
    if (this.#underWay.delete(message)) this.#all.end();
    if (outcome === undefined) return;
    if (outcome.verified.length > 0) this.#verifiedAt = to;
    else if (outcome.failed['not-verified'] !== undefined && isSame(this.#verifiedAt, to))
      this.#verifiedAt = undefined;
    this.onMore();
  }

  /** Allows it more octets. Unused ones are kept of one request only. */
  earn(octets: number): void {
    this.#credit = Math.min(this.#credit, octets) + octets;
    this.onMore();
  }

  covers({ octets, tried, to }: AllowedMessage): boolean {
    const left = tried === 0 && this.#underWay.size > 1 ? OCTETS_PER_REQUEST / 2 : 0;
    return isSame(this.#verifiedAt, to) || this.#credit >= octets + left;
  }

  spend({ octets, to }: AllowedMessage): void {
    if (!isSame(this.#verifiedAt, to)) this.#credit -= octets;
  }
}

function isSame(one: UeAddress | undefined, other: UeAddress): boolean {
  return one !== undefined && one.address === other.address && one.port === other.port;
}
