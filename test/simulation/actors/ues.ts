import { randomBytes } from 'node:crypto';
import { bodyOfInput } from '../../../functions/aws-calls/table-codec.ts';
import type { Impi } from '../../../lib/gba/impi.ts';
import { formatMskId, mskId } from '../../../lib/keys/msk-id.ts';
import { decodeMikeyMessage } from '../../../lib/mikey/index.ts';
import type { BootstrappedKeys } from '../../../lib/store/association/association.ts';
import { putAssociation } from '../../../lib/store/association/put-association.ts';
import type { UeSecurityAssociation } from '../../../lib/ue/security-association.ts';
import { Ue, type UeEvent } from '../../../lib/ue/ue.ts';
import { itemsOfUe, newKeys } from '../../provisioned-ue.ts';
import type { History } from '../history.ts';
import type { Plan } from '../plan.ts';
import { BEGINNING, Machine } from '../virtual/machine.ts';
import type { Watch } from '../watch.ts';
import type { VirtualSocket } from '../world/network.ts';
import type { World } from '../world/world.ts';
import type { KeyRequestFunction } from './key-request-function.ts';
import { GROUP, impiOf, KEY_DOMAIN_ID, NAF_FQDN, SERVICES } from './names.ts';
import type { Operator } from './operator.ts';
import { drawClock } from './senders.ts';

const HOUR_MS = 3_600_000;
export const KEY_MANAGEMENT_URL = new URL('http://bmsc.home1.net/keymanagement');
/** A UE that gets no answer tries again after this time, in ms. */
const TRY_AGAIN_MS = 5000;

/** An MSK that a UE took. */
export interface TakenMsk {
  readonly mskId: string;
  readonly octets: string;
  /** ms of virtual time */
  readonly at: number;
}

/** What UEs meet. */
export interface Surroundings {
  readonly world: World;
  readonly keyRequests: KeyRequestFunction;
  readonly operator: Operator;
  readonly watch: Watch;
  readonly history: History;
}

/** A UE of the simulation: the code of `bmsc ue` on a machine of its own. */
export class SimulatedUe {
  readonly impi: Impi;
  readonly index: number;
  readonly machine: Machine;
  readonly socket: VirtualSocket;
  readonly ue: Ue;
  /** The User Services that it is registered to, since when; ms of virtual time. */
  readonly #registered: { readonly since: number; readonly services: readonly string[] }[] = [];
  readonly subscribed: readonly string[];
  readonly taken: TakenMsk[] = [];
  /** When it was not certain what it is due; ms of virtual time. */
  readonly #uncertain: { readonly from: number; to: number }[] = [];
  /** Procedures that it has begun and not ended. */
  busy = 0;
  /** Since when it is blocked for certain; ms of virtual time. */
  blockedSince: number | undefined;
  isBlocked = false;
  /** An operator's command about it has begun and not ended. */
  isInOperation = false;
  /** Ends the uncertainty of a block. */
  unblocked = () => {};
  /** Of its last bootstrapping. */
  keys: BootstrappedKeys;
  /** The push that solicited a pull of it after its MUK had ended. */
  pullOfExpired: string | undefined;
  /** The last verification messages that it sent. */
  readonly #answers: Uint8Array[] = [];
  readonly #counters = new Map<string, number>();
  readonly #around: Surroundings;

  constructor(around: Surroundings, index: number, keys: BootstrappedKeys, services: readonly string[]) {
    const { world, keyRequests } = around;
    this.#around = around;
    this.keys = keys;
    around.watch.learn(keys);
    this.index = index;
    this.impi = impiOf(index);
    this.subscribed = services;
    this.#registered.push({ since: Number.NEGATIVE_INFINITY, services });
    this.machine = new Machine(`ue-${index}`, world.scheduler.now, drawClock(world));
    const listen = { address: `100.64.${index >> 8}.${index & 0xff}`, port: 2269 };
    [this.socket, this.ue] = world.scheduler.as(this.machine, () => {
      const socket = world.network.open(listen);
      const options = {
        association: associationOf(keys),
        keyManagementUrl: KEY_MANAGEMENT_URL,
        listen,
        randomOctets: (length: number) => randomBytes(length),
        onEvent: (event: UeEvent) => this.#observe(event),
        post: keyRequests.postFrom(() => this.socket.seenAt.address),
        bootstrap: () => this.#bootstrap(),
      };
      return [socket, new Ue(options, socket)];
    });
  }

  /** Something begins that changes what the UE is due. @returns what ends it */
  change(): () => void {
    const { scheduler } = this.#around.world;
    const change = { from: scheduler.now, to: Number.POSITIVE_INFINITY };
    this.#uncertain.push(change);
    return () => {
      change.to = scheduler.now;
    };
  }

  /** Whether nothing about it changed from one time to another, and its MUK was good. */
  isStable(from: number, to: number): boolean {
    const isChanging = this.#uncertain.some((change) => change.from <= to && change.to >= from);
    return !isChanging && this.keys.expiresAt - BEGINNING > to + HOUR_MS / 60;
  }

  /** The User Services that it was registered to at a time at which nothing changed. */
  registeredAt(time: number): readonly string[] {
    return this.#registered.findLast(({ since }) => since <= time)?.services ?? [];
  }

  #setRegistered(services: readonly string[]): void {
    this.#registered.push({ since: this.#around.world.scheduler.now, services });
  }

  /** Does a procedure until it succeeds. */
  async persist(procedure: (ue: Ue) => Promise<unknown>): Promise<void> {
    const { scheduler } = this.#around.world;
    const ended = this.begin();
    for (;;) {
      try {
        await scheduler.as(this.machine, () => procedure(this.ue));
        break;
      } catch (error) {
        this.#around.world.trace.note(this.machine.name, `tries again: ${String(error)}`);
        if (this.isBlocked) break;
        await scheduler.as(this.machine, () => new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS)));
      }
    }
    ended();
  }

  /** Something begins that changes what it is due, and that it does. @returns what ends it */
  begin(): () => void {
    this.busy += 1;
    const ended = this.change();
    return () => {
      this.busy -= 1;
      ended();
    };
  }

  async comeBack(): Promise<void> {
    await this.persist(async (ue) => {
      const answers = await ue.register(this.subscribed);
      const granted = answers.filter(({ responseCode }) => responseCode === 200);
      this.#setRegistered(granted.map(({ serviceId }) => serviceId));
    });
  }

  async leave(): Promise<void> {
    await this.persist(async (ue) => {
      await ue.deregister(this.subscribed);
      this.#setRegistered([]);
    });
  }

  /** The subscriber's device bootstraps, and the BM-SC is told. */
  async bootstrapAnew(lastsMs = 24 * HOUR_MS): Promise<void> {
    await this.persist(async (ue) => ue.use(await this.#bootstrap(lastsMs)));
    await this.comeBack();
  }

  /** Gets another address by a NAT, and tells the BM-SC by a request when it notices, ms later. */
  async move(noticesAfter = 0, tells = () => this.comeBack()): Promise<void> {
    const { random, scheduler } = this.#around.world;
    const ended = this.begin();
    const address = `100.${65 + random.whole(60)}.${this.index >> 8}.${this.index & 0xff}`;
    this.socket.rebind({ address, port: 2269 });
    if (noticesAfter > 0)
      await scheduler.as(this.machine, () => new Promise((resolve) => setTimeout(resolve, noticesAfter)));
    await tells();
    ended();
  }

  /** Asks for the current MSK. */
  async request(): Promise<void> {
    const { history, world } = this.#around;
    await this.persist(async (ue) => {
      const at = world.scheduler.now;
      const [answer] = await ue.requestMsks([
        { keyDomainId: KEY_DOMAIN_ID, mskId: mskId(GROUP.keyGroup, 0) },
      ]);
      if (answer?.responseCode === 200) history.granted.push({ impi: this.impi, at });
    });
  }

  /** Is hostile: sends octets that are no message, and former ones of its own again. */
  forge(): void {
    const { world } = this.#around;
    const octets = world.random.octets(80);
    for (let sender = 1; sender < 9; sender++)
      void this.socket.send(octets, { address: `10.0.0.${sender}`, port: 2269 });
  }

  /** Sends verification messages of its own again, to all senders. */
  answerAgain(): void {
    for (const octets of this.#answers)
      for (let sender = 1; sender < 9; sender++)
        void this.socket.send(octets, { address: `10.0.0.${sender}`, port: 2269 });
  }

  async #bootstrap(lastsMs = 24 * HOUR_MS): Promise<UeSecurityAssociation> {
    const { operator, watch, world } = this.#around;
    const now = world.trueTime();
    const keys = { ...newKeys(this.impi, now), expiresAt: now + lastsMs };
    watch.learn(keys);
    await world.scheduler.as(operator.machine, () => putAssociation(operator.store, keys));
    // What it is due from the end of its last MUK on, until it has used the new one.
    const ended = this.keys.expiresAt - BEGINNING - HOUR_MS / 60;
    const { now: to } = world.scheduler;
    if (ended < to) this.#uncertain.push({ from: ended, to });
    this.keys = keys;
    return associationOf(keys);
  }

  /** The operator's system provisions its association once more, and says a later time. */
  async provisionAgain(): Promise<void> {
    const { operator, world } = this.#around;
    const ended = this.begin();
    const bootstrappedAt = Math.max(this.keys.bootstrappedAt, world.trueTime() - HOUR_MS / 60);
    const again = () => putAssociation(operator.store, { ...this.keys, bootstrappedAt });
    await world.scheduler.as(operator.machine, again).catch(() => {});
    ended();
  }

  #observe(event: UeEvent): void {
    const { machine } = this;
    const { world } = this.#around;
    if (event.kind === 'bootstrapped-again' && this.busy === 0) void this.comeBack();
    if (event.kind === 'verification-sent') this.#answers.push(event.octets);
    if (this.#answers.length > 8) this.#answers.shift();
    if (event.kind !== 'received') return;
    const { message, octets } = event;
    world.trace.note(machine.name, nameOf(message));
    if (message.kind !== 'msk' && message.kind !== 'solicited-pull') return;
    // The MUK is named by the B-TID in the message.
    const btid = Buffer.from(decodeMikeyMessage(octets).idr?.data ?? []).toString();
    const last = this.#counters.get(btid) ?? 0;
    if (message.counter <= last) world.fail(`${machine.name} took counter ${message.counter} after ${last}`);
    this.#counters.set(btid, message.counter);
    if (message.kind !== 'msk') return;
    const { mskId: id, msk } = message.msk;
    const taken = { mskId: formatMskId(id), octets: Buffer.from(msk.exposeOctets()).toString('hex') };
    this.taken.push({ ...taken, at: world.scheduler.now });
  }
}

/** What a UE made of a message, for those who read a trace. */
function nameOf(message: Extract<UeEvent, { kind: 'received' }>['message']): string {
  if (message.kind === 'refused') return `refuses ${message.reason}`;
  return message.kind === 'msk' ? `msk ${formatMskId(message.msk.mskId)}` : message.kind;
}

export function associationOf({ btid, muk, mrk, expiresAt }: BootstrappedKeys): UeSecurityAssociation {
  return { btid, nafFqdn: NAF_FQDN, muk, mrk, expiresAt };
}

/** UEs that are registered already, as the procedures leave them; within the operator's machine. */
export async function populate(around: Surroundings, plan: Plan): Promise<SimulatedUe[]> {
  const { world, operator } = around;
  const { ues: count, lastsMs } = plan;
  const { shortLived } = plan.faults;
  const ues: SimulatedUe[] = [];
  for (let index = 0; index < count; index++) {
    const bootstrappedAt = world.trueTime() - world.random.whole(HOUR_MS);
    const lasts = world.strikes('shortLived', shortLived) ? world.random.next() * lastsMs : 24 * HOUR_MS;
    const keys = { ...newKeys(impiOf(index), bootstrappedAt), expiresAt: world.trueTime() + lasts };
    const services = SERVICES.filter((_, number) => (((index % 3) + 1) >> number) & 1);
    const ue = new SimulatedUe(around, index, keys, services);
    ues.push(ue);
    const items = await itemsOfUe(operator.store, {
      keys,
      ueAddress: ue.socket.seenAt,
      registered: new Set(services),
      subscribed: new Set(services),
      isCopied: !world.random.happens(0.2),
    });
    for (const item of items) world.aws.table.put(JSON.parse(bodyOfInput(item)));
  }
  return ues;
}
