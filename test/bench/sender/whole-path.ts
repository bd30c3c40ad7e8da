import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { DistributionContext } from '../../../lib/distribution/context.ts';
import { MikeyCounters } from '../../../lib/distribution/delivery/counter.ts';
import { Delivery } from '../../../lib/distribution/delivery/delivery.ts';
import { createRandomOctets } from '../../../lib/distribution/delivery/random-octets.ts';
import { nextPage } from '../../../lib/distribution/push/push-source.ts';
import { runPage } from '../../../lib/distribution/push/run-page.ts';
import type { WorkUnit } from '../../../lib/distribution/push/work.ts';
import { findRecipients } from '../../../lib/distribution/recipients/recipients.ts';
import type { DatagramTransport } from '../../../lib/distribution/transport/datagram-transport.ts';
import type { MskRecipient } from '../../../lib/mikey/index.ts';
import type { MskMessageBuilder } from '../../../lib/mikey/message/msk-batch.ts';
import type { SealedKeyOpener } from '../../../lib/store/encryption/sealed-batch.ts';
import type { Push } from '../../../lib/store/ledger/push.ts';
import type { CpuClock } from './cpu-clock.ts';
import { NAF_FQDN, PUSH } from './inputs.ts';
import type { Receiver } from './receiver.ts';
import { type Made, type Reference, startReference } from './reference.ts';
import { type Command, SERVICE, storeInMemory } from './store-in-memory.ts';

const RAND_LENGTH = 16;
const SETTLE_MS = 300;

/** What a contender is on the whole path. */
interface Means {
  readonly build: MskMessageBuilder;
  readonly transport: DatagramTransport;
}

/**
 * `answer`: the client answers what a page asks of it, and nothing is done with the items: no reader is
 * faster. `load`: registrations and associations of a page are read, and the MUKs opened. `whole`: from the
 * work unit to the wire.
 */
export type PathMode = 'answer' | 'load' | 'whole';

/** What a round took. */
export interface Timed {
  ns: number;
  messages: number;
  wrong: number;
}

/** From a work unit to the wire, as the sender goes it, over a DynamoDB client that answers from memory. */
export interface WholePath {
  /** So many pages of `ues` UEs each. */
  readonly run: (mode: PathMode, ues: number, pages: number, means: Means, timed: Timed) => Promise<void>;
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

/** The path over these UEs; the last page of `run` may be shorter. */
export function createWholePath(
  recipients: readonly MskRecipient[],
  openSealedKeys: SealedKeyOpener,
  receiver: Receiver,
  cpuNow: CpuClock,
): WholePath {
  const store = storeInMemory(recipients, receiver.address, openSealedKeys);
  const mikeyCounters = new MikeyCounters();
  const randomOctets = createRandomOctets();
  const indexOfUe = new Map(recipients.map(({ ueId }, index) => [String(ueId), index]));
  let reference: Reference | undefined;

  const load = async (ues: number, after: string | undefined) => {
    const page = await nextPage(store, push, 0, { after, limit: ues });
    const found = await findRecipients(store, page.ues, {
      services: [SERVICE],
      onlyOf: SERVICE,
      now: Date.now(),
    });
    return { end: page.end, recipients: found.recipients };
  };

  /** All commands that reading the pages takes. */
  const commandsOf = async (ues: number): Promise<Command[]> => {
    const commands: Command[] = [];
    store.onRead((command) => commands.push(command));
    let after: string | undefined;
    do after = (await load(ues, after)).end;
    while (after !== undefined);
    store.onRead(undefined);
    return commands;
  };

  const answer = async (ues: number, pages: number, timed: Timed) => {
    const commands = await commandsOf(ues);
    const turns = Math.ceil((pages * ues) / recipients.length);
    const start = cpuNow();
    for (let turn = 0; turn < turns; turn++) for (const command of commands) await store.answer(command);
    timed.ns += cpuNow() - start;
    timed.messages += turns * recipients.length;
  };

  const loadPages = async (ues: number, pages: number, timed: Timed) => {
    let after: string | undefined;
    for (let done = 0; done < pages; done++) {
      const start = cpuNow();
      const { end, recipients: loaded } = await load(ues, after);
      timed.ns += cpuNow() - start;
      timed.messages += loaded.length;
      for (const { btid, muk } of loaded)
        if (recipients[indexOfUe.get(btid) ?? -1]?.muk.equals(muk) !== true) timed.wrong++;
      after = end;
    }
  };

  const toTheWire = async (ues: number, pages: number, means: Means, timed: Timed) => {
    const sender = senderOf(means, ues, pages * ues);
    const running: Promise<unknown>[] = [];
    for (let done = 0; done < pages; done++) {
      const { unit } = sender;
      const expected = Math.min(ues, recipients.length - unit.page * ues);
      const isSent = sender.until(expected);
      const start = cpuNow();
      running.push(runPage(sender.context, push, unit).catch(() => {}));
      await isSent;
      timed.ns += cpuNow() - start;
      timed.messages += expected;
    }
    timed.ns -= sender.asideNs;
    timed.wrong += sender.refused;
    // Until here the UEs of all pages were waited for.
    sender.context.delivery.interrupt();
    await Promise.all(running);
    timed.wrong += await wrongOf(sender.made());
  };

  /** Compared with what the plain builder makes of the MUKs as they were before they were sealed. */
  const wrongOf = async (made: Made): Promise<number> => {
    reference ??= startReference();
    const expected = await reference.build(made);
    // What its thread clears up afterwards would count in what is timed next.
    await setTimeout(SETTLE_MS);
    return receiver.wrongIn(expected, 0, made.count);
  };

  /** A sender, what it has made, and the unit that comes next. */
  const senderOf = ({ build, transport }: Means, pageUes: number, most: number) => {
    const first: WorkUnit = { pushId: push.pushId, chain: 0, page: 0, after: undefined };
    const ues = new Uint32Array(most);
    const csbIds = new Uint32Array(most);
    const counters = new Uint32Array(most);
    const rands = new Uint8Array(most * RAND_LENGTH);
    let made = 0;
    let left = 0;
    let onSent = () => {};
    /** What is no part of the sender: taking down what it makes, and taking what was sent. */
    const aside = (work: () => void) => {
      const start = cpuNow();
      work();
      sender.asideNs += cpuNow() - start;
    };
    const sender = {
      unit: first,
      refused: 0,
      asideNs: 0,
      until: (messages: number) => {
        left = messages;
        sender.unit = first;
        return new Promise<void>((resolve) => {
          onSent = resolve;
        });
      },
      made: (): Made => ({ count: made, ues, csbIds, counters, rands }),
    };
    const delivery = new Delivery(
      {
        nafFqdn: NAF_FQDN,
        retransmission: { tries: 4, firstMs: 3_600_000 },
        perSecond: 1_000_000,
        perPrefixPerSecond: undefined,
        prefixLengths: { ipv4: 24, ipv6: 56 },
      },
      {
        transport: {
          sendBatch: async (batch, to) => {
            const outcomes = await transport.sendBatch(batch, to);
            aside(() => {
              for (const outcome of outcomes) if (outcome !== undefined) sender.refused++;
              receiver.take();
            });
            left -= batch.count;
            if (left === 0) onSent();
            return outcomes;
          },
        },
        buildMskMessages: (common, page) => {
          aside(() => {
            for (const { ueId, rand, csbId, counter } of page) {
              ues[made] = indexOfUe.get(String(ueId)) ?? 0;
              csbIds[made] = csbId;
              counters[made] = counter;
              rands.set(rand, made * RAND_LENGTH);
              made++;
            }
          });
          return build(common, page);
        },
        counters: mikeyCounters,
        now: Date.now,
        elapsed: () => performance.now(),
        random: Math.random,
        randomOctets,
        report: () => {},
      },
    );
    const context: DistributionContext = {
      store,
      delivery,
      publish: async () => {},
      enqueue: async ([next = first]) => {
        sender.unit = next;
      },
      now: Date.now,
      randomOctets: (length) => randomBytes(length),
      senderId: 'bench',
      verification: true,
      sendReplays: false,
      spreadSeconds: 0,
      pageUes,
      leaseMs: 60_000,
      progressEveryMs: 2000,
      isProgressDue: () => false,
      retryPolicy: { attempts: 1, firstPauseMs: 0, maxPauseMs: 0, pause: async () => {} },
      journal: { add: () => {} },
      onPage: () => {},
    };
    return Object.assign(sender, { context });
  };

  return {
    run: (mode, ues, pages, means, timed) => {
      if (mode === 'answer') return answer(ues, pages, timed);
      if (mode === 'load') return loadPages(ues, pages, timed);
      return toTheWire(ues, pages, means, timed);
    },
  };
}
