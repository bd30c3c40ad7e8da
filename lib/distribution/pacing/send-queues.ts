import type { Pacing } from '../../events/contracts.ts';
import { FairQueue, type FairQueueEntry } from './fair-queue.ts';
import { SendQueue } from './send-queue.ts';
import { TokenBucket } from './token-bucket.ts';

/** The pace of a sender, and of pushes whose events name none. */
export interface SendQueuesSettings {
  /** Messages a second of this sender, whatever they are for. */
  readonly perSecond: number;
  /** Messages a second to one prefix; undefined: any number. */
  readonly perPrefixPerSecond: number | undefined;
  /** How long messages wait for a UE to answer earlier ones, in ms. */
  readonly heldMs: number;
}

/** Entries taken from one queue before the next queue has its turn. */
const TAKEN_IN_TURN = 16;
/** A sender takes in this much of one queue, in seconds of sending, and leaves the rest to others. */
const ENOUGH_S = 4;
/** An empty queue keeps its pace for this time after it was last used, in ms. */
const EMPTY_QUEUE_KEPT_MS = 60_000;

/** The send queues of a sender, one for each push. They share the sender's tokens and take turns. */
export class SendQueues<T extends FairQueueEntry> {
  readonly #settings: SendQueuesSettings;
  readonly #elapsed: () => number;
  readonly #sender: TokenBucket;
  readonly #queues = new Map<string, SendQueue<T>>();
  #turn = 0;

  /** @param elapsed ms of a clock that does not go back */
  constructor(settings: SendQueuesSettings, elapsed: () => number) {
    this.#settings = settings;
    this.#elapsed = elapsed;
    this.#sender = new TokenBucket(settings.perSecond);
  }

  /**
   * The queue of that name. A queue that exists keeps the pacing that it was opened with. In one that
   * `isFair`, UEs take turns, each within its allowance; else the earliest entry is first.
   */
  open(name: string, pacing: Pacing, isFair = false): SendQueue<T> {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const now = this.#elapsed();
    this.#forgetUnused(now);
    const { perSecond, perPrefixPerSecond = this.#settings.perPrefixPerSecond } = pacing;
    const entries = isFair ? new FairQueue<T>(this.#elapsed, this.#settings.heldMs) : undefined;
    const queue = new SendQueue<T>({ perSecond, perPrefixPerSecond }, entries);
    queue.usedAt = now;
    this.#queues.set(name, queue);
    return queue;
  }

  /**
   * Gives `take` up to `most` entries whose time has come and for which there are tokens, from each queue in
   * turn.
   */
  takeDue(most: number, take: (entry: T) => void): void {
    const order = this.#inTurn();
    let taken = 0;
    for (let before = -1; before < taken && taken < most; ) {
      before = taken;
      for (const queue of order) {
        const now = this.#elapsed();
        for (let count = Math.min(TAKEN_IN_TURN, most - taken); count > 0; count--) {
          const entry = queue.take(now, this.#sender);
          if (entry === undefined) break;
          queue.usedAt = now;
          taken += 1;
          take(entry);
        }
      }
    }
  }

  /** When there may be an entry to take: ms of the clock; infinite when all queues are empty. */
  nextAt(): number {
    const now = this.#elapsed();
    let at = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.values()) at = Math.min(at, queue.nextAt(now));
    return Math.max(at, now + this.#sender.waitToGather(now));
  }

  /** Whether the UEs of the queue that wait for their first message are as many as can be sent in 4 s. */
  hasEnough(name: string): boolean {
    const queue = this.#queues.get(name);
    if (queue === undefined) return false;
    const { perSecond } = this.#settings;
    return queue.unsent >= Math.min(queue.perSecond ?? perSecond, perSecond) * ENOUGH_S;
  }

  /** The queue of that name, if there is one. */
  find(name: string): SendQueue<T> | undefined {
    return this.#queues.get(name);
  }

  clear(): void {
    this.#queues.clear();
  }

  /** The queues, each time with another one first: where tokens are few, the first queue gets them all. */
  #inTurn(): SendQueue<T>[] {
    this.#turn += 1;
    const all = [...this.#queues.values()];
    const first = this.#turn % Math.max(1, all.length);
    return [...all.slice(first), ...all.slice(0, first)];
  }

  #forgetUnused(now: number): void {
    for (const [name, queue] of this.#queues)
      if (queue.size === 0 && queue.usedAt + EMPTY_QUEUE_KEPT_MS < now) this.#queues.delete(name);
  }
}

/** The pacing of one of `senders` that share the pacing of a push equally. */
export function pacingOfShare({ perSecond, perPrefixPerSecond, ...rest }: Pacing, senders: number): Pacing {
  return {
    ...rest,
    perSecond: perSecond === undefined ? undefined : perSecond / senders,
    perPrefixPerSecond: perPrefixPerSecond === undefined ? undefined : perPrefixPerSecond / senders,
  };
}
