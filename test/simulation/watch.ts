import { COUNTER_UNIT_MS } from '../../lib/distribution/delivery/counter.ts';
import { HEAD_START_MS } from '../../lib/gba/lifetime.ts';
import { formatMskId } from '../../lib/keys/msk-id.ts';
import { decodeMikeyMessage, isSolicitedPull, MikeyError } from '../../lib/mikey/index.ts';
import type { BootstrappedKeys } from '../../lib/store/association/association.ts';
import { PARTITION } from '../../lib/store/item-keys.ts';
import type { Machine } from './virtual/machine.ts';
import type { JsonItem } from './world/table.ts';
import type { World } from './world/world.ts';

/** A message to a UE, as a sender sent it. */
export interface SentMikey {
  /** ms of virtual time */
  readonly at: number;
  readonly btid: string;
  readonly impi: string;
  readonly kind: 'msk' | 'solicited-pull';
  readonly mskId: string | undefined;
}

/** How often each part of a page's ledger was written. */
export interface PageWrites {
  claims: number;
  notes: number;
  outcomes: number;
  counts: number;
}

/** How far counters may be ahead of AWS's clock, and behind it, in ms. */
const AHEAD_MS = 1000;
const BEHIND_MS = 4000;
/** A message that was made before a pause goes out after it. */
const AFTER_PAUSE_MS = 1000;
/** MSKs of a Key Group that are live (TS 31.102 EF_MSK). */
const MAX_MSKS = 2;

/** Attributes of items that never become less, by the kind of item. */
const GROWING: Readonly<Record<string, readonly string[]>> = {
  [PARTITION.association]: ['deliveryVersion', 'nonceFloor'],
  [PARTITION.subscriber]: ['version'],
  [PARTITION.keyGroup]: ['version'],
};
/** Attributes that never change once they are there. */
const FINAL: Readonly<Record<string, readonly string[]>> = {
  [PARTITION.association]: ['bootstrappedAt'],
  [PARTITION.push]: ['completedAt', 'cancelledAt', 'startedAt', 'source', 'mskId'],
  [PARTITION.pushChain]: ['outcome', 'end', 'lastPage'],
};

/** Watches, while a run goes on, what must hold at every moment whatever goes wrong. */
export class Watch {
  /** Messages of senders to UEs, in their order. */
  readonly sent: SentMikey[] = [];
  /** Writes of the ledger of pages, by what they write. */
  readonly pageWrites: PageWrites = { claims: 0, notes: 0, outcomes: 0, counts: 0 };
  readonly #world: World;
  readonly #keys = new Map<string, BootstrappedKeys>();
  /** The last counter by sender and B-TID. */
  readonly #counters = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    world.aws.table.onWrite((pk, before, after) => this.#onItem(pk, before, after));
    world.network.onSent((octets, machine) => {
      if (machine.name.startsWith('sender')) this.#onMikey(octets, machine);
    });
  }

  /** A subscriber's device has bootstrapped. */
  learn(keys: BootstrappedKeys): void {
    this.#keys.set(keys.btid, keys);
  }

  #onItem(pk: string, before: JsonItem | undefined, after: JsonItem | undefined): void {
    const kind = pk.slice(0, pk.indexOf('#') + 1);
    if (kind === PARTITION.pushChain && after !== undefined) this.#countWrite(before, after);
    if (before === undefined || after === undefined) return;
    for (const name of GROWING[kind] ?? [])
      if (numberOf(after, name) < numberOf(before, name))
        this.#world.fail(`${name} of ${pk} went from ${numberOf(before, name)} to ${numberOf(after, name)}`);
    for (const name of FINAL[kind] ?? [])
      if (before[name] !== undefined && JSON.stringify(before[name]) !== JSON.stringify(after[name]))
        this.#world.fail(`${name} of ${pk} was changed`);
    if (kind === PARTITION.registrations) this.#onCopy(pk, before, after);
    if (kind === PARTITION.keyGroup && Object.keys(after.msks?.M ?? {}).length > MAX_MSKS)
      this.#world.fail(`${pk} has more than ${MAX_MSKS} MSKs`);
  }

  #countWrite(before: JsonItem | undefined, after: JsonItem): void {
    if (after.sk?.S === 'CHAIN') this.pageWrites.counts += 1;
    else if (before === undefined) this.pageWrites.claims += 1;
    else if (before.outcome === undefined && after.outcome !== undefined) this.pageWrites.outcomes += 1;
    else if (after.noted !== undefined && after.noted !== before.noted) this.pageWrites.notes += 1;
  }

  /** A copy is never replaced by an earlier one. */
  #onCopy(pk: string, before: JsonItem, after: JsonItem): void {
    if (before.copyVersion === undefined || after.copyVersion === undefined) return;
    const isSame = before.btid?.S === after.btid?.S;
    const name = isSame ? 'copyVersion' : 'bootstrappedAt';
    if (numberOf(after, name) < numberOf(before, name))
      this.#world.fail(`a registration of ${pk} went back to an earlier copy`);
  }

  #onMikey(octets: Uint8Array, machine: Machine): void {
    const message = decoded(octets);
    const btid = Buffer.from(message?.idr?.data ?? []).toString();
    const keys = this.#keys.get(btid);
    const counter = message?.timestamp.counter;
    if (message === undefined || keys === undefined || counter === undefined) {
      this.#world.fail(`${machine.name} sent what is no message to a UE`);
      return;
    }
    const kind = isSolicitedPull(message) ? 'solicited-pull' : 'msk';
    const mskId = message.keyIds.mskId && formatMskId(message.keyIds.mskId);
    this.sent.push({ at: this.#world.scheduler.now, btid, impi: keys.impi, kind, mskId });
    this.#checkCounter(machine, keys, counter);
    const madeAt = madeAtOf(keys, counter);
    if (kind === 'msk' && madeAt > keys.expiresAt + AHEAD_MS)
      this.#world.fail(`${machine.name} sent an MSK under a MUK ${madeAt - keys.expiresAt} ms after its end`);
  }

  /** Counters follow AWS's clock, whatever the sender's own clock says, and grow. */
  #checkCounter(machine: Machine, keys: BootstrappedKeys, counter: number): void {
    const { faults, scheduler } = this.#world;
    const name = `${machine.name} ${keys.btid}`;
    const last = this.#counters.get(name) ?? 0;
    if (counter <= last) this.#world.fail(`${machine.name} sent counter ${counter} after ${last}`);
    this.#counters.set(name, counter);
    const ahead = madeAtOf(keys, counter) - this.#world.trueTime();
    if (ahead > AHEAD_MS) this.#world.fail(`${machine.name} counts ${ahead} ms ahead of AWS`);
    const hasPaused = machine.pausedUntil > 0 && scheduler.now < machine.pausedUntil + AFTER_PAUSE_MS;
    if (-ahead > BEHIND_MS + faults.slowMs && !hasPaused)
      this.#world.fail(`${machine.name} counts ${-ahead} ms behind AWS`);
  }
}

/** When a message was made, by its counter, ms since the epoch. */
function madeAtOf({ bootstrappedAt }: BootstrappedKeys, counter: number): number {
  return counter * COUNTER_UNIT_MS + bootstrappedAt - HEAD_START_MS;
}

function decoded(octets: Uint8Array) {
  try {
    return decodeMikeyMessage(octets);
  } catch (error) {
    if (error instanceof MikeyError) return undefined;
    throw error;
  }
}

function numberOf(item: JsonItem, name: string): number {
  return Number(item[name]?.N ?? 0);
}
