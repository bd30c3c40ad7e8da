import type { MskRecipient } from '../../mikey/message/msk-batch.ts';
import type { SentWith, Verdict } from '../../mikey/message/verification-batch.ts';
import { CSB_ID_END, createCsbIds, csbIdOf, type Share, WHOLE } from './csb-id.ts';
import { CsbIdIndex } from './csb-id-index.ts';

/** Messages to one UE that wait for its verification message. */
export interface Outstanding {
  /** 32 bits, the same in all messages of one delivery: a verification message is matched by it. */
  readonly csbId: number;
  /** The message that was sent with this counter, or undefined: a UE may answer any of the messages. */
  readonly sentWith: (counter: number) => MskRecipient | undefined;
}

/** What an incoming datagram is. */
export type Received<T extends Outstanding> =
  | { readonly kind: 'verified'; readonly outstanding: T; readonly counter: number }
  | Ignored;

interface Ignored {
  readonly kind: 'ignored';
  readonly reason: IgnoredReason;
}

/** Why a datagram has no effect. */
export type IgnoredReason = 'malformed' | 'not-expected' | 'not-authentic';

/** Gives each message its verdict, see `VerificationChecker`. */
export type CheckMessages = (messages: readonly Uint8Array[], sentWith: SentWith) => readonly Verdict[];

/**
 * The longest verification message that is decoded, in octets: ours have about 100, and a B-TID at most 300.
 */
const MAX_LENGTH = 1024;

/** The messages that wait for verification messages, by CSB ID; in memory only. */
export class OutstandingMessages<T extends Outstanding> {
  readonly #byCsbId = new CsbIdIndex<T>();
  readonly #drawCsbId: () => number;

  /** @param random32 gives 32 random bits */
  constructor(random32: () => number, share: Share = WHOLE) {
    this.#drawCsbId = createCsbIds(share, random32);
  }

  get size(): number {
    return this.#byCsbId.size;
  }

  /** A CSB ID that no outstanding delivery has, and that names this sender: see `senderOf`. */
  freeCsbId(): number {
    let csbId = this.#drawCsbId();
    while (this.#byCsbId.get(csbId) !== undefined) csbId = this.#drawCsbId();
    return csbId;
  }

  add(outstanding: T): void {
    this.#byCsbId.set(outstanding.csbId, outstanding);
  }

  remove(outstanding: T): void {
    if (this.#byCsbId.get(outstanding.csbId) === outstanding) this.#byCsbId.delete(outstanding.csbId);
  }

  clear(): void {
    this.#byCsbId.clear();
  }

  /**
   * Matches datagrams to what was sent (RFC 3830 §5.3): by CSB ID, then counter, IDr and MAC. The source
   * address does not matter. A verified delivery is removed, so a repeated datagram is not expected any more,
   * in the same batch or later.
   * @returns what each datagram is, in their order
   */
  receive(datagrams: readonly Uint8Array[], check: CheckMessages): Received<T>[] {
    const messages: Uint8Array[] = [];
    const awaited: T[] = [];
    const counters: number[] = [];
    const received = datagrams.map((datagram) => {
      // Before anything is decoded: a flood of forged datagrams must cost little.
      if (datagram.length < CSB_ID_END || datagram.length > MAX_LENGTH) return MALFORMED;
      const outstanding = this.#byCsbId.get(csbIdOf(datagram));
      if (outstanding === undefined) return NOT_EXPECTED;
      messages.push(datagram);
      awaited.push(outstanding);
      return undefined;
    });
    if (messages.length === 0) return received as Ignored[];
    const verdicts = check(messages, (index, counter) => {
      counters[index] = counter;
      return awaited[index]?.sentWith(counter);
    });
    let next = 0;
    return received.map((ignored) => {
      if (ignored !== undefined) return ignored;
      const index = next++;
      return this.#settled(awaited[index] as T, verdicts[index] as Verdict, counters[index] as number);
    });
  }

  #settled(outstanding: T, verdict: Verdict, counter: number): Received<T> {
    const { csbId } = outstanding;
    // A message before it in the batch may have been the answer.
    if (this.#byCsbId.get(csbId) !== outstanding) return NOT_EXPECTED;
    if (verdict === 'malformed') return MALFORMED;
    if (verdict === 'not-authentic') return NOT_AUTHENTIC;
    this.#byCsbId.delete(csbId);
    return { kind: 'verified', outstanding, counter };
  }
}

const MALFORMED: Ignored = { kind: 'ignored', reason: 'malformed' };
const NOT_EXPECTED: Ignored = { kind: 'ignored', reason: 'not-expected' };
const NOT_AUTHENTIC: Ignored = { kind: 'ignored', reason: 'not-authentic' };
