import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { AnswerBounds } from '../../../lib/distribution/answers/answer-bounds.ts';
import type { DistributionContext } from '../../../lib/distribution/context.ts';
import { MikeyCounters } from '../../../lib/distribution/delivery/counter.ts';
import {
  Delivery,
  type DeliveryPorts,
  type DeliverySettings,
} from '../../../lib/distribution/delivery/delivery.ts';
import { createRandomOctets } from '../../../lib/distribution/delivery/random-octets.ts';
import { NO_OBSERVER } from '../../../lib/distribution/observer.ts';
import { nextPage } from '../../../lib/distribution/push/push-source.ts';
import { runPage } from '../../../lib/distribution/push/run-page.ts';
import type { WorkUnit } from '../../../lib/distribution/push/work.ts';
import { findRecipients } from '../../../lib/distribution/recipients/recipients.ts';
import type { DatagramTransport } from '../../../lib/distribution/transport/datagram-transport.ts';
import { CommandSources } from '../../../lib/events/command-sources.ts';
import type { MskRecipient } from '../../../lib/mikey/index.ts';
import type { MskMessageBuilder } from '../../../lib/mikey/message/msk-batch.ts';
import { checkVerificationMessages } from '../../../lib/mikey/message/verification-batch.ts';
import type { SealedKeyOpener } from '../../../lib/store/encryption/sealed-batch.ts';
import type { Push } from '../../../lib/store/ledger/push.ts';
import type { CpuClock } from './cpu-clock.ts';
import { NAF_FQDN, PUSH } from './inputs.ts';
import type { Receiver } from './receiver.ts';
import { type Made, type Reference, startReference } from './reference.ts';
import { SERVICE, storeInMemory } from './store-in-memory.ts';

const RAND_LENGTH = 16;
const SETTLE_MS = 300;

/** What a contender is on the whole path. */
interface Means {
  readonly build: MskMessageBuilder;
  readonly transport: DatagramTransport;
}

/**
 * `load`: registrations and associations of a page are read, and the MUKs opened. `whole`: from the work unit
 * to the wire.
 */
export type PathMode = 'load' | 'whole';

/** What a round took. */
export interface Timed {
  ns: number;
  messages: number;
  wrong: number;
}

/** A push to all UEs of the User Service, as one of a million: each chain is a shard. */
const push: Push = {
  pushId: 'bench',
  kind: 'msk',
  keyDomainId: PUSH.keyDomainId,
  mskId: PUSH.mskId,
  verification: true,
  pacing: {},
  source: { kind: 'services', services: [{ serviceId: SERVICE, chains: 64 }] },
  correlationId: 'bench',
  startedAt: Date.now(),
  expected: 1_000_000,
};

/** The path of the sender from a work unit to the wire, over a DynamoDB client that answers from memory. */
export class WholePath {
  readonly #recipients: readonly MskRecipient[];
  readonly #receiver: Receiver;
  readonly #cpuNow: CpuClock;
  readonly #store: ReturnType<typeof storeInMemory>;
  readonly #indexOfUe: ReadonlyMap<string, number>;
  readonly #counters = new MikeyCounters();
  readonly #randomOctets = createRandomOctets();
  #reference: Reference | undefined;

  constructor(
    recipients: readonly MskRecipient[],
    openSealedKeys: SealedKeyOpener,
    receiver: Receiver,
    cpuNow: CpuClock,
  ) {
    this.#recipients = recipients;
    this.#receiver = receiver;
    this.#cpuNow = cpuNow;
    this.#store = storeInMemory(recipients, receiver.address, openSealedKeys);
    this.#indexOfUe = new Map(recipients.map(({ ueId }, index) => [String(ueId), index]));
  }

  /** Times `pages` pages of `ues` UEs each; the last page of a shard may be shorter. */
  run(mode: PathMode, ues: number, pages: number, means: Means, timed: Timed): Promise<void> {
    if (mode === 'load') return this.#loadPages(ues, pages, timed);
    return this.#toTheWire(ues, pages, means, timed);
  }

  async #load(ues: number, after: string | undefined) {
    const page = await nextPage(this.#store, push, 0, { after, limit: ues });
    const found = await findRecipients(this.#store, page.ues, {
      services: [SERVICE],
      onlyOf: SERVICE,
      now: Date.now(),
    });
    return { end: page.end, recipients: found.recipients };
  }

  async #loadPages(ues: number, pages: number, timed: Timed): Promise<void> {
    let after: string | undefined;
    for (let done = 0; done < pages; done++) {
      const start = this.#cpuNow();
      const { end, recipients: loaded } = await this.#load(ues, after);
      timed.ns += this.#cpuNow() - start;
      timed.messages += loaded.length;
      for (const { btid, muk } of loaded)
        if (this.#recipients[this.#indexOfUe.get(btid) ?? -1]?.muk.equals(muk) !== true) timed.wrong++;
      after = end;
    }
  }

  async #toTheWire(ues: number, pages: number, means: Means, timed: Timed): Promise<void> {
    const made = new MadeMessages(pages * ues, this.#indexOfUe);
    const sender = new TimedSender(means, made, this.#receiver, this.#cpuNow);
    const delivery = new Delivery(SETTINGS, {
      ...sender.ports(),
      counters: this.#counters,
      now: Date.now,
      elapsed: () => performance.now(),
      random: Math.random,
      randomOctets: this.#randomOctets,
      report: () => {},
    });
    const context = contextOf(this.#store, delivery, ues, (unit) => {
      sender.unit = unit;
    });
    const running: Promise<unknown>[] = [];
    for (let done = 0; done < pages; done++) {
      const { unit } = sender;
      const expected = Math.min(ues, this.#recipients.length - unit.page * ues);
      const isSent = sender.until(expected);
      const start = this.#cpuNow();
      running.push(runPage(context, push, unit).catch(() => {}));
      await isSent;
      timed.ns += this.#cpuNow() - start;
      timed.messages += expected;
    }
    timed.ns -= sender.asideNs;
    timed.wrong += sender.refused;
    // The UEs of all pages were waited for up to here.
    delivery.interrupt();
    await Promise.all(running);
    timed.wrong += await this.#wrongOf(made.all());
  }

  /**
   * Compares with the messages that the reference builds for the MUKs as they were before they were sealed.
   */
  async #wrongOf(made: Made): Promise<number> {
    this.#reference ??= startReference();
    const expected = await this.#reference.build(made);
    // The garbage of its thread would count in the next timing.
    await setTimeout(SETTLE_MS);
    return this.#receiver.wrongIn(expected, 0, made.count);
  }
}

const SETTINGS: DeliverySettings = {
  nafFqdn: NAF_FQDN,
  retransmission: { tries: 4, firstMs: 3_600_000 },
  perSecond: 1_000_000,
  perPrefixPerSecond: undefined,
  prefixLengths: { ipv4: 24, ipv6: 56 },
};

/** What differs from message to message, as the sender chose it. */
class MadeMessages {
  readonly #indexOfUe: ReadonlyMap<string, number>;
  readonly #ues: Uint32Array;
  readonly #csbIds: Uint32Array;
  readonly #counters: Uint32Array;
  readonly #rands: Uint8Array;
  #count = 0;

  constructor(capacity: number, indexOfUe: ReadonlyMap<string, number>) {
    this.#indexOfUe = indexOfUe;
    this.#ues = new Uint32Array(capacity);
    this.#csbIds = new Uint32Array(capacity);
    this.#counters = new Uint32Array(capacity);
    this.#rands = new Uint8Array(capacity * RAND_LENGTH);
  }

  add(recipients: readonly MskRecipient[]): void {
    for (const { ueId, rand, csbId, counter } of recipients) {
      this.#ues[this.#count] = this.#indexOfUe.get(String(ueId)) ?? 0;
      this.#csbIds[this.#count] = csbId;
      this.#counters[this.#count] = counter;
      this.#rands.set(rand, this.#count * RAND_LENGTH);
      this.#count++;
    }
  }

  all(): Made {
    return {
      count: this.#count,
      ues: this.#ues,
      csbIds: this.#csbIds,
      counters: this.#counters,
      rands: this.#rands,
    };
  }
}

const FIRST: WorkUnit = { pushId: push.pushId, chain: 0, page: 0, after: undefined };

/** The builder and the transport of a contender, watched: what was made, and when all of it was sent. */
class TimedSender {
  /** The unit that comes next. */
  unit = FIRST;
  /** Messages that the system refused. */
  refused = 0;
  /** Time that was not the sender's: for recording its messages, and for receiving them. */
  asideNs = 0;
  readonly #means: Means;
  readonly #made: MadeMessages;
  readonly #receiver: Receiver;
  readonly #cpuNow: CpuClock;
  #left = 0;
  #onSent = () => {};

  constructor(means: Means, made: MadeMessages, receiver: Receiver, cpuNow: CpuClock) {
    this.#means = means;
    this.#made = made;
    this.#receiver = receiver;
    this.#cpuNow = cpuNow;
  }

  /** Resolves when this number of messages has been sent. */
  until(messages: number): Promise<void> {
    this.#left = messages;
    this.unit = FIRST;
    return new Promise<void>((resolve) => {
      this.#onSent = resolve;
    });
  }

  ports(): Pick<DeliveryPorts, 'transport' | 'buildMskMessages' | 'checkVerificationMessages'> {
    const { build, transport } = this.#means;
    return {
      transport: {
        sendBatch: async (batch, to) => {
          const outcomes = await transport.sendBatch(batch, to);
          this.#aside(() => {
            for (const outcome of outcomes) if (outcome !== undefined) this.refused++;
            this.#receiver.take();
          });
          this.#left -= batch.count;
          if (this.#left === 0) this.#onSent();
          return outcomes;
        },
      },
      buildMskMessages: (common, page) => {
        this.#aside(() => this.#made.add(page));
        return build(common, page);
      },
      checkVerificationMessages,
    };
  }

  #aside(work: () => void): void {
    const start = this.#cpuNow();
    work();
    this.asideNs += this.#cpuNow() - start;
  }
}

function contextOf(
  store: ReturnType<typeof storeInMemory>,
  delivery: Delivery,
  pageUes: number,
  onNext: (unit: WorkUnit) => void,
): DistributionContext {
  return {
    store,
    delivery,
    publish: async () => {},
    enqueue: async ([next = FIRST]) => onNext(next),
    now: Date.now,
    randomOctets: (length) => randomBytes(length),
    senderId: 'bench',
    verification: true,
    commandSources: new CommandSources(),
    sendReplays: false,
    spreadSeconds: 0,
    pageUes,
    leaseMs: 60_000,
    progressEveryMs: 2000,
    isProgressDue: () => false,
    retryPolicy: { attempts: 1, firstPauseMs: 0, maxPauseMs: 0, pause: async () => {} },
    nafFqdn: 'bmsc.home1.net',
    answers: new AnswerBounds(() => performance.now()),
    journal: { add: () => {} },
    observer: NO_OBSERVER,
  };
}
