import { setTimeout as delay } from 'node:timers/promises';
import { newEvent } from '../events/envelope.ts';
import type { EventBus } from '../events/publish.ts';
import { publishEvents } from '../events/publish.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import { formatKeyGroup, formatMskId } from '../keys/msk-id.ts';
import { SecretKey } from '../keys/secret-key.ts';
import type { CsIdMap } from '../mikey/payload/hdr.ts';
import type { SrtpStreamState } from '../srtp/sender.ts';
import { SALT_LENGTH } from '../srtp/session-keys.ts';
import { loadKeyGroup } from '../store/key-group/key-group.ts';
import type { KeyStore } from '../store/key-store.ts';
import { keepMtks } from '../store/traffic/kept-mtks.ts';
import { endMtkRange, type MskOfTraffic, reserveMtkNumbers } from '../store/traffic/mtk-range.ts';
import { loadTurn, takeTurn } from '../store/traffic/turn.ts';
import { type GroupSocket, openSender } from './group-socket.ts';
import { type HandedOver, HandOver } from './hand-over.ts';
import { importedFor } from './imported-mtk.ts';
import { KeptKeys } from './kept-keys.ts';
import { mskViewOf } from './msk-view.ts';
import { type MskView, MtkSchedule, type ScheduleEvent } from './schedule.ts';
import { SrtpOutput } from './srtp-output.ts';
import { nameOfStream, type TrafficStream, turnOfStream } from './stream.ts';
import { idOfMsk, nameOfMsk, type TrafficKey, type TrafficMsk } from './traffic-key.ts';
import { TurnTaking } from './turn-taking.ts';

/** What happens to a stream, for a log; no key. */
export type TrafficEvent =
  | {
      readonly kind: ScheduleEvent['kind'];
      readonly mskId?: string;
      readonly mtkId?: number;
      readonly left?: number;
    }
  /** An MSK that was sent under, or stood ready, is revoked: nothing goes out under it any more. */
  | { readonly kind: 'msk-revoked'; readonly mskId: string }
  /** This instance sends, or another one does. */
  | { readonly kind: 'turn-taken' | 'turn-lost' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** What a sender works with. */
export interface TrafficPorts {
  readonly store: KeyStore;
  readonly bus: EventBus;
  /** Names this instance, and no other. */
  readonly self: string;
  /** ms of a clock that does not go back. */
  readonly elapsed: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
  readonly onEvent: (event: TrafficEvent) => void;
}

/** MTKs of this many octets. */
const MTK_LENGTH = 16;
/** How often the schedule is looked at, in ms. */
const STEP_MS = 25;

/** Sends the MTKs of one stream while it is this instance's turn, and protects its RTP where it is to. */
export class TrafficSender {
  readonly #stream: TrafficStream;
  readonly #ports: TrafficPorts;
  readonly #socket: GroupSocket;
  readonly #srtp: SrtpOutput | undefined;
  readonly #handOver: HandOver | undefined;
  readonly #kept: KeptKeys | undefined;
  readonly #turns: TurnTaking;
  readonly #running: Promise<void>;
  readonly #closing = new AbortController();
  #schedule: MtkSchedule | undefined;
  #view: MskView | undefined;
  #inUse: TrafficKey | undefined;
  #messages = 0;
  /** MSKs that numbers were taken under, by `nameOfMsk`, without their octets. */
  readonly #ranges = new Map<string, Omit<MskOfTraffic, 'validity'>>();

  private constructor(
    stream: TrafficStream,
    ports: TrafficPorts,
    parts: { socket: GroupSocket; srtp: SrtpOutput | undefined; handOver: HandOver | undefined },
  ) {
    this.#stream = stream;
    this.#ports = ports;
    this.#socket = parts.socket;
    this.#srtp = parts.srtp;
    this.#handOver = parts.handOver;
    this.#kept = keptKeysOf(stream, ports);
    this.#turns = new TurnTaking(ports.self, stream.patienceMs);
    this.#running = this.#run();
  }

  /** @throws TrafficError for a schedule that can't work, and the system's error for a socket */
  static async open(stream: TrafficStream, ports: TrafficPorts): Promise<TrafficSender> {
    new MtkSchedule(stream.schedule, { reserve: async () => undefined, newMtk: () => newMtk(stream, ports) });
    const { srtp, handOver, mkiForm } = stream;
    const socket = await openSender(stream.mtks, stream);
    return new TrafficSender(stream, ports, {
      socket,
      srtp: srtp && (await SrtpOutput.open(srtp, mkiForm, stream)),
      handOver: handOver === undefined ? undefined : await HandOver.listen(handOver, mkiForm),
    });
  }

  get keyDomainId(): KeyDomainId {
    return this.#stream.keyGroup.keyDomainId;
  }

  /** Messages and packets that went out, and packets that did not. */
  get counts(): { readonly messages: number; readonly packets: number; readonly dropped: number } {
    const { packets = 0, dropped = 0 } = this.#srtp ?? {};
    return { messages: this.#messages, packets, dropped };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.#kept?.leave();
    await Promise.all([this.#socket.close(), this.#srtp?.close(), this.#handOver?.close()]);
  }

  /**
   * Looks at the table and steps apart: while the table is slow or away, what is in use stays in use and is
   * repeated, and the next look makes up for the rest.
   */
  async #run(): Promise<void> {
    await Promise.all([
      this.#repeat(this.#stream.lookMs, () => this.#look()),
      this.#repeat(STEP_MS, () => this.#step()),
    ]);
  }

  async #repeat(everyMs: number, act: () => Promise<void>): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await act();
      } catch (error) {
        this.#ports.onEvent({ kind: 'failed', error });
        await this.#pause(this.#stream.lookMs);
      }
      await this.#pause(everyMs);
    }
  }

  /** Ends early when the sender is closed. */
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  /** Takes or keeps the turn, and reads the MSKs. */
  async #look(): Promise<void> {
    const { store, self, elapsed, onEvent } = this.#ports;
    const name = turnOfStream(this.#stream);
    const turn = await loadTurn(store, name);
    const isHeld = this.#schedule !== undefined && turn.holder === self;
    const isTaken = this.#turns.wants(turn, elapsed()) && (await takeTurn(store, name, self, turn));
    // A write that is repeated finds its own first try: only another's name takes the turn away.
    const isOurs = isHeld || isTaken;
    if (!isOurs) {
      if (this.#schedule === undefined) return;
      this.#schedule = undefined;
      await this.#kept?.leave();
      this.#protectWith(undefined);
      onEvent({ kind: 'turn-lost' });
      return;
    }
    if (this.#schedule === undefined) {
      this.#schedule = this.#newSchedule();
      onEvent({ kind: 'turn-taken' });
    }
    const { keyGroup, serviceId } = this.#stream;
    const group = await loadKeyGroup(store, keyGroup);
    const view = mskViewOf(group, serviceId);
    this.#tellRevoked(view);
    this.#view = group?.isForeign === true ? { ...view, imported: await importedFor(store, view) } : view;
    for (const [msk, range] of this.#ranges)
      if (!view.held.has(msk)) {
        await endMtkRange(store, range, Date.now());
        this.#ranges.delete(msk);
      }
  }

  /** Tells of each MSK that was not revoked at the look before. */
  #tellRevoked({ revoked }: MskView): void {
    for (const msk of [this.#view?.current, this.#view?.next])
      if (msk !== undefined && revoked.has(idOfMsk(msk)))
        this.#ports.onEvent({ kind: 'msk-revoked', mskId: formatMskId(msk.mskId) });
  }

  async #step(): Promise<void> {
    const schedule = this.#schedule;
    if (schedule === undefined || this.#view === undefined) return;
    const { messages, inUse, events, failure } = await schedule.step(this.#ports.elapsed(), this.#view);
    // Another instance took the turn meanwhile.
    if (schedule !== this.#schedule) return;
    for (const octets of messages) this.#socket.send(octets, this.#stream.mtks);
    this.#messages += messages.length;
    for (const event of events) await this.#tell(event);
    if (inUse !== undefined || this.#inUse !== undefined) this.#protectWith(inUse);
    if (failure !== undefined) throw failure;
  }

  #protectWith(key: TrafficKey | undefined): void {
    if (key?.mtk === this.#inUse?.mtk) return;
    this.#inUse = key;
    this.#srtp?.use(key);
    this.#tellEncoders(key === undefined ? { state: 'stop' } : { state: 'use', key });
  }

  #tellEncoders(told: HandedOver): void {
    this.#handOver?.tell(told);
    if (this.#schedule !== undefined) this.#kept?.tell(told);
  }

  async #tell(event: ScheduleEvent): Promise<void> {
    this.#ports.onEvent(describe(event));
    if (event.kind === 'mtk-made') this.#tellEncoders({ state: 'announced', key: event.key });
    if (event.kind === 'range-low' || event.kind === 'range-spent') await this.#askForRotation(event.msk);
  }

  /** Asks once for each MSK: the rotation function takes what comes again for the same. */
  async #askForRotation({ keyDomainId, mskId }: TrafficMsk): Promise<void> {
    const { bus, randomOctets } = this.#ports;
    const data = { keyDomainId, keyGroup: formatKeyGroup(mskId.keyGroup) };
    const eventId = Buffer.from(randomOctets(16)).toString('hex');
    const idempotencyKey = `mtk-range-${keyDomainId}-${formatMskId(mskId)}`;
    await publishEvents(bus, [newEvent('Rotate MSK', data, { eventId, now: Date.now(), idempotencyKey })]);
  }

  #newSchedule(): MtkSchedule {
    const { store } = this.#ports;
    return new MtkSchedule(this.#stream.schedule, {
      reserve: (msk, wanted) => {
        this.#ranges.set(nameOfMsk(msk), { keyDomainId: msk.keyDomainId, mskId: msk.mskId, rand: msk.rand });
        return reserveMtkNumbers(store, msk, wanted);
      },
      newMtk: () => newMtk(this.#stream, this.#ports),
      csIdMap: () => csIdMapOf([...(this.#srtp?.streams ?? []), ...(this.#handOver?.streams ?? [])]),
    });
  }
}

function keptKeysOf(stream: TrafficStream, { store, onEvent }: TrafficPorts): KeptKeys | undefined {
  if (!stream.isExported) return undefined;
  const keep = (mtks: Parameters<typeof keepMtks>[2]) => keepMtks(store, nameOfStream(stream), mtks);
  return new KeptKeys(keep, (error) => onEvent({ kind: 'failed', error }));
}

/** The streams of the sender and of its encoders, as an MTK message names them (RFC 3830 §6.1.1). */
function csIdMapOf(streams: readonly SrtpStreamState[]): CsIdMap {
  if (streams.length === 0) return { kind: 'empty' };
  return { kind: 'srtp-id', streams: streams.map((stream) => ({ policyNo: 0, ...stream })) };
}

function newMtk({ salt }: TrafficStream, { randomOctets }: TrafficPorts): Pick<TrafficKey, 'mtk' | 'salt'> {
  return {
    mtk: new SecretKey(randomOctets(MTK_LENGTH)),
    salt: salt ? new SecretKey(randomOctets(SALT_LENGTH)) : undefined,
  };
}

function describe(event: ScheduleEvent): TrafficEvent {
  switch (event.kind) {
    case 'mtk-made':
    case 'mtk-in-use':
      return { kind: event.kind, mskId: formatMskId(event.key.mskId), mtkId: event.key.mtkId };
    case 'range-low':
      return { kind: event.kind, mskId: formatMskId(event.msk.mskId), left: event.mtkIdsLeft };
    case 'range-spent':
      return { kind: event.kind, mskId: formatMskId(event.msk.mskId) };
    default:
      return { kind: event.kind };
  }
}
