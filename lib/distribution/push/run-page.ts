import {
  claimPage,
  extendClaim,
  noteVerified,
  type PageClaim,
  releasePage,
} from '../../store/ledger/page-claim.ts';
import type { Push } from '../../store/ledger/push.ts';
import { countPage } from '../../store/ledger/push-chain.ts';
import { type PageOutcome, putOutcome } from '../../store/ledger/push-page.ts';
import type { DistributionContext } from '../context.ts';
import { outcomeEvents } from './outcome-events.ts';
import { nextPage, pageBetween, type SourcePage } from './push-source.ts';
import { reportPush } from './report-push.ts';
import { retry } from './retry.ts';
import { beginPage, type PageSending } from './send-page.ts';
import { DONE, later, type WorkResult, type WorkUnit } from './work.ts';

/** A sender that has enough to send for a push leaves a page of it to others for this time, in ms. */
const BUSY_MS = 1000;
/**
 * A page of a slow push has as many UEs as its pace sends in this time, in s: the registrations, addresses
 * and key lifetimes of a whole page are read before its first message goes out.
 */
const PAGE_LASTS_S = 60;

/** A claim that is this claimant's. */
type OwnClaim = Extract<PageClaim, { kind: 'mine' }>;

/** A page whose outcome is in the ledger. */
interface SentPage {
  /** The position where the page ends; undefined: it is the last of its chain. */
  readonly end: string | undefined;
  readonly outcome: PageOutcome;
}

/**
 * Runs one page of a push, from the queue to the ledger. A cancelled push ends with the page: it has no UEs,
 * unless another sender has begun it. It claims the page's bounds, enqueues the next page,
 * sends the messages and waits for the answers. Then it writes, counts and publishes the outcome. A unit that
 * comes again after that sends nothing, counts once, and publishes events with the same idempotency keys.
 * @throws StoreError, EventError, DeliveryInterrupted or the SDK's errors; the queue then delivers the unit
 * again
 */
export async function runPage(context: DistributionContext, push: Push, unit: WorkUnit): Promise<WorkResult> {
  const isCancelled = push.cancelledAt !== undefined || context.delivery.isCancelled(push.pushId);
  if (isCancelled) context.delivery.cancel(push.pushId);
  else if (context.delivery.hasEnough(push.pushId)) return later(BUSY_MS);
  return new PageRun(context, push, unit).run();
}

class PageRun {
  readonly #context: DistributionContext;
  readonly #push: Push;
  readonly #unit: WorkUnit;
  /** Unique for each run: one sender may get the unit twice. */
  readonly #claimant: string;
  /** The UEs that were read with the bounds; taken before they are waited for, so that nothing keeps them. */
  #uesRead: SourcePage['ues'] = [];

  constructor(context: DistributionContext, push: Push, unit: WorkUnit) {
    this.#context = context;
    this.#push = push;
    this.#unit = unit;
    this.#claimant = `${context.senderId}/${Buffer.from(context.randomOctets(8)).toString('hex')}`;
  }

  async run(): Promise<WorkResult> {
    const { store, leaseMs } = this.#context;
    const { startedAt } = this.#push;
    const end = await this.#loadBounds();
    const now = this.#context.now();
    const claimant = { sender: this.#claimant, now, leaseMs, startedAt };
    const claim = await claimPage(store, this.#unit, end, claimant);
    if (claim.kind === 'held') return later(claim.until - now);
    const page =
      claim.kind === 'done' ? claim.page : await this.#whileClaimed(() => this.#runClaimed(claim, end));
    await this.#settle(page);
    return DONE;
  }

  /** Reads the UEs of the page. @returns where it ends, unless an earlier claim has set another end */
  async #loadBounds(): Promise<SourcePage['end']> {
    const { delivery, store, pageUes } = this.#context;
    if (delivery.isCancelled(this.#push.pushId)) return undefined;
    const { perSecond } = this.#push.pacing;
    const limit = perSecond === undefined ? pageUes : Math.min(pageUes, Math.ceil(perSecond * PAGE_LASTS_S));
    const { chain, after } = this.#unit;
    const { ues, end } = await nextPage(store, this.#push, chain, { after, limit });
    this.#uesRead = ues;
    return end;
  }

  async #runClaimed(claim: OwnClaim, endRead: SourcePage['end']): Promise<SentPage> {
    const { end } = claim;
    // Before sending, so that many senders work on a push. A repetition enqueues the same unit.
    if (end !== undefined) await this.#enqueueNext(end);
    const outcome = await this.#send(claim, endRead);
    return { end, outcome: await this.#writeOutcome(outcome) };
  }

  /**
   * Extends the claim while `work` runs, for it may outlast the lease; releases the claim if `work` fails.
   */
  async #whileClaimed<T>(work: () => Promise<T>): Promise<T> {
    const { store, leaseMs } = this.#context;
    const extend = () => extendClaim(store, this.#unit, this.#claimant, this.#context.now() + leaseMs);
    const extending = setInterval(() => extend().catch(() => {}), leaseMs / 3);
    try {
      return await work();
    } catch (error) {
      // Another sender may then claim the page immediately. If this fails as well, the claim expires.
      await releasePage(store, this.#unit, this.#claimant).catch(() => {});
      throw error;
    } finally {
      clearInterval(extending);
    }
  }

  #enqueueNext(after: string): Promise<void> {
    return this.#context.enqueue([{ ...this.#unit, page: this.#unit.page + 1, after }]);
  }

  /** Takes the UEs. An earlier claimant may have set another end; registrations come and go. */
  async #takeUes({ end }: OwnClaim, endRead: SourcePage['end']): Promise<SourcePage['ues']> {
    const ues = this.#uesRead;
    this.#uesRead = [];
    if (end === endRead) return ues;
    const { chain, after } = this.#unit;
    return pageBetween(this.#context.store, this.#push, chain, { after, end });
  }

  /** Sends to the UEs that have not confirmed to an earlier claimant, and waits for their answers. */
  async #send(claim: OwnClaim, endRead: SourcePage['end']): Promise<PageOutcome> {
    const confirmed = new Set(claim.verified);
    const sending = await this.#begin(claim, endRead, confirmed);
    const outcome = await sending.outcome;
    this.#context.observer.onPage(this.#unit, this.#push, outcome);
    return { ...outcome, verified: [...confirmed, ...outcome.verified] };
  }

  async #begin(
    claim: OwnClaim,
    endRead: SourcePage['end'],
    confirmed: ReadonlySet<string>,
  ): Promise<PageSending> {
    const ues = await this.#takeUes(claim, endRead);
    const left = confirmed.size === 0 ? ues : ues.filter(({ impi }) => !confirmed.has(impi));
    return beginPage(this.#context, this.#push, this.#unit.chain, left, (verified) => {
      // If this fails and the sender dies, another sends the MSK to these UEs again.
      const all = [...confirmed, ...verified];
      noteVerified(this.#context.store, this.#unit, this.#claimant, all).catch(() => {});
    });
  }

  /**
   * Retries, for without its outcome the whole page would be sent again.
   * @returns the outcome in the ledger, which may be another claimant's
   */
  #writeOutcome(outcome: PageOutcome): Promise<PageOutcome> {
    const { store, retryPolicy } = this.#context;
    return retry(retryPolicy, () => putOutcome(store, this.#unit, outcome));
  }

  /** Counts the page in its chain, and publishes its outcome and how far the push has come. */
  async #settle({ end, outcome }: SentPage): Promise<void> {
    const { pushId, chain, page } = this.#unit;
    const { startedAt } = this.#push;
    const counted = { pushId, chain, page, end };
    const isChainCompleted = await countPage(this.#context.store, counted, outcome, startedAt);
    const step = `${pushId}/${chain}/${page}`;
    await this.#context.publish(outcomeEvents(this.#context, this.#push, step, outcome));
    await reportPush(this.#context, this.#push, { isChainCompleted });
  }
}
