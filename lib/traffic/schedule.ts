import type { SecretKey } from '../keys/secret-key.ts';
import { encodeMtkMessage } from '../mikey/message/mtk.ts';
import type { CsIdMap } from '../mikey/payload/hdr.ts';
import { TrafficError } from './errors.ts';
import { MtkNumbers, type ReserveNumbers } from './mtk-numbers.ts';
import { idOfMsk, type MtkName, nameOfMsk, type TrafficKey, type TrafficMsk } from './traffic-key.ts';

/** A new MTK goes out this often before it is used: one message may be lost. */
const SENT_BEFORE_USE = 2;

/** How MTKs of a User Service change and are repeated; all in ms. */
export interface ScheduleSettings {
  /** How long an MTK is used. */
  readonly changeMs: number;
  /** Between two messages with the same MTK, for UEs that join late or have missed one. */
  readonly repeatMs: number;
  /** How long a new MTK is sent before anything is protected with it. */
  readonly announceMs: number;
  /**
   * How long after a rotation MTKs are sent under the MSK before, too. 0: who lacks the new MSK stops there.
   */
  readonly overlapMs: number;
  /** When no more MTK IDs than this are left, a rotation of the MSK is asked for. */
  readonly lowMtkIds: number;
}

/** The MSKs of a Key Group as the key store has them now. */
export interface MskView {
  /** Undefined: there is none, or it is revoked. Nothing is sent. */
  readonly current: TrafficMsk | undefined;
  /** It stands ready to be current. */
  readonly next: TrafficMsk | undefined;
  /** MSKs that are revoked, as `idOfMsk` has them: their octets are gone. */
  readonly revoked: ReadonlySet<string>;
  /**
   * MTKs of these MSKs are made by another network: this is the one to send; `none`: nothing is sent.
   * Undefined: they are made here.
   */
  readonly imported?: SentUnder | 'none' | undefined;
}

/** An MTK with its number under one MSK. */
export interface SentUnder extends Pick<TrafficKey, 'mtkId' | 'mtk' | 'salt'> {
  readonly msk: TrafficMsk;
}

/** Also what the schedule does not ask for. */
export interface WholeMskView extends MskView {
  /** All MSKs that the key store still has, as `nameOfMsk` has them. */
  readonly held: ReadonlySet<string>;
}

/** What the schedule tells its user. */
export type ScheduleEvent =
  | { readonly kind: 'mtk-made' | 'mtk-in-use'; readonly key: TrafficKey }
  /** Rotate the MSK: so many MTK IDs are left under it. */
  | { readonly kind: 'range-low'; readonly msk: TrafficMsk; readonly mtkIdsLeft: number }
  /** No MTK ID is left under the MSK: the MTK in use, if there is one, stays until the MSK is rotated. */
  | { readonly kind: 'range-spent'; readonly msk: TrafficMsk }
  /** There is no MSK to send anything under: whoever encrypts must stop. */
  | { readonly kind: 'stopped' };

/** What is to be done after a look at the schedule. */
export interface Step {
  /** MIKEY messages to send now, in this order. */
  readonly messages: readonly Uint8Array[];
  /** What traffic is to be protected with from now on; undefined: with nothing, it must not go out. */
  readonly inUse: TrafficKey | undefined;
  readonly events: readonly ScheduleEvent[];
  /**
   * What `reserve` threw, if it did: the table is away. What was sent before is repeated, and the next step
   * makes up for the rest.
   */
  readonly failure: unknown;
}

/** What the schedule takes from outside. */
export interface SchedulePorts {
  readonly reserve: ReserveNumbers;
  readonly newMtk: () => Pick<TrafficKey, 'mtk' | 'salt'>;
  /** The streams that the MTK protects, with their ROCs now. Default: the empty map. */
  readonly csIdMap?: () => CsIdMap;
}

/** An MTK and the messages by which it goes out. */
interface Generation {
  readonly mtk: SecretKey;
  readonly salt: SecretKey | undefined;
  readonly madeAt: number;
  /** The MSK that was current when the MTK was made; packets name it. */
  readonly base: Announcement;
  readonly announcements: Announcement[];
}

/** An MTK's number under one MSK, and when it is sent next. */
interface Announcement {
  readonly msk: TrafficMsk;
  readonly mtkId: number;
  dueAt: number;
  /** Messages of it. */
  sent: number;
  /** Since when the first of them is known to be out; undefined: it may not be. */
  outSince: number | undefined;
}

/**
 * The MTKs of one User Service under the MSKs of one Key Group (TS 33.246 §6.3.3), without clock, socket and
 * table. An MTK is sent before it is used, repeated while it is used, and followed by another in time. When
 * the next MSK stands ready, every MTK goes out under both, so that UEs that hold either play on. Restarts
 * keep nothing: a new MTK with a new MTK ID is made.
 */
export class MtkSchedule {
  readonly #settings: ScheduleSettings;
  readonly #ports: SchedulePorts;
  readonly #numbers: MtkNumbers;
  /** What is protected with now, and what will be. */
  #inUse: Generation | undefined;
  #coming: Generation | undefined;
  #current: TrafficMsk | undefined;
  /** The MSK before, while MTKs still go out under it. */
  #before: { readonly msk: TrafficMsk; readonly until: number } | undefined;
  #now = Number.NEGATIVE_INFINITY;
  #events: ScheduleEvent[] = [];
  readonly #spent = new Set<string>();

  /** @throws TrafficError for settings that would use an MTK that nobody has got */
  constructor(settings: ScheduleSettings, ports: SchedulePorts) {
    const { changeMs, repeatMs, announceMs, overlapMs } = settings;
    if (!(repeatMs > 0 && announceMs >= repeatMs && changeMs > announceMs && overlapMs >= 0))
      throw new TrafficError(
        'wrong-setting',
        'an MTK is repeated at least once before it is used, and used longer than it is announced',
      );
    this.#settings = settings;
    this.#ports = ports;
    this.#numbers = new MtkNumbers(ports.reserve);
  }

  /**
   * Looks at the time and at the MSKs, and says what to do. Call it often; one call at a time.
   * @param now ms of a clock that does not go back; one that does stands still here
   */
  async step(now: number, view: MskView): Promise<Step> {
    this.#now = Math.max(this.#now, now);
    // Numbers from the table may have taken seconds: only what the step before returned is out by now.
    for (const each of this.#coming?.announcements ?? []) if (each.sent > 0) each.outSince ??= this.#now;
    if (view.current === undefined) return this.#stop();
    if (view.imported === 'none') return this.#stop();
    this.#follow(view.current, view.revoked);
    const under = this.#mskToSendUnder(view);
    const failure = await this.#prepare(view.current, under, view.imported);
    if (failure === undefined) this.#use();
    const messages: Uint8Array[] = [];
    const failures = [failure];
    for (const generation of [this.#inUse, this.#coming])
      failures.push(await thrownBy(() => this.#addDue(generation, under, messages)));
    return this.#stepOf(
      messages,
      failures.find((each) => each !== undefined),
    );
  }

  /** Makes and numbers what is to be sent. @returns what was thrown */
  #prepare(current: TrafficMsk, under: readonly TrafficMsk[], imported?: SentUnder): Promise<unknown> {
    return thrownBy(async () => {
      if (imported !== undefined) return this.#take(imported);
      if (this.#needsNew(current, under)) await this.#make(under);
      for (const generation of [this.#inUse, this.#coming])
        if (generation !== undefined) await this.#announceUnder(generation, under);
    });
  }

  #stop(): Step {
    const had = this.#inUse ?? this.#coming;
    this.#inUse = undefined;
    this.#coming = undefined;
    this.#current = undefined;
    this.#before = undefined;
    if (had !== undefined) this.#events.push({ kind: 'stopped' });
    return this.#stepOf([], undefined);
  }

  /** Notices rotations and revocations. */
  #follow(current: TrafficMsk, revoked: ReadonlySet<string>): void {
    const previous = this.#current;
    this.#current = current;
    if (previous !== undefined && !isSame(previous, current)) {
      const until = this.#now + this.#settings.overlapMs;
      const isReplaced = previous.mskId.keyNumber === current.mskId.keyNumber;
      this.#before = isReplaced || until === this.#now ? undefined : { msk: previous, until };
    }
    const { msk, until } = this.#before ?? {};
    if (msk !== undefined && until !== undefined && (until <= this.#now || revoked.has(idOfMsk(msk))))
      this.#before = undefined;
  }

  #mskToSendUnder({ current, next, revoked }: MskView): readonly TrafficMsk[] {
    const all = [current, next, this.#before?.msk];
    return all.flatMap((msk) => (msk === undefined || revoked.has(idOfMsk(msk)) ? [] : [msk]));
  }

  /**
   * Whether the newest MTK is too old, made under an MSK that is not current, or known to UEs it is not for.
   */
  #needsNew(current: TrafficMsk, under: readonly TrafficMsk[]): boolean {
    const newest = this.#coming ?? this.#inUse;
    if (newest === undefined) return true;
    if (!isSame(newest.base.msk, current)) return true;
    if (newest.announcements.some(({ msk }) => !under.some((each) => isSame(each, msk)))) return true;
    return this.#coming === undefined && this.#now - newest.madeAt >= this.#settings.changeMs;
  }

  async #make(under: readonly TrafficMsk[]): Promise<void> {
    const [current] = under;
    const mtkId = current && (await this.#numberUnder(current));
    if (current === undefined || mtkId === undefined) return;
    const { mtk, salt } = this.#ports.newMtk();
    const base = this.#announcement(current, mtkId);
    this.#coming = { mtk, salt, madeAt: this.#now, base, announcements: [base] };
    this.#events.push({ kind: 'mtk-made', key: keyOf(this.#coming) });
  }

  /** Takes an MTK of another network, which goes out under its own MSK alone and by its own ID. */
  #take({ msk, mtkId, mtk, salt }: SentUnder): void {
    const newest = (this.#coming ?? this.#inUse)?.base;
    if (newest !== undefined && isSame(newest.msk, msk) && newest.mtkId === mtkId) return;
    const base = this.#announcement(msk, mtkId);
    this.#coming = { mtk, salt, madeAt: this.#now, base, announcements: [base] };
    this.#events.push({ kind: 'mtk-made', key: keyOf(this.#coming) });
  }

  /** The next MTK ID under an MSK; undefined when its range is spent. */
  async #numberUnder(msk: TrafficMsk): Promise<number | undefined> {
    const taken = await this.#numbers.takeMtkId(msk);
    const name = nameOfMsk(msk);
    if (taken === undefined) {
      if (!this.#spent.has(name)) this.#events.push({ kind: 'range-spent', msk });
      this.#spent.add(name);
      return undefined;
    }
    const { mtkId, mtkIdsLeft } = taken;
    if (mtkIdsLeft <= this.#settings.lowMtkIds) this.#events.push({ kind: 'range-low', msk, mtkIdsLeft });
    return mtkId;
  }

  #announcement(msk: TrafficMsk, mtkId: number): Announcement {
    return { msk, mtkId, dueAt: this.#now, sent: 0, outSince: undefined };
  }

  /** Adds messages under MSKs that came later, and drops those under MSKs that are gone. */
  async #announceUnder({ base, announcements }: Generation, under: readonly TrafficMsk[]): Promise<void> {
    for (let at = announcements.length - 1; at >= 0; at--)
      if (!under.some((msk) => isSame(msk, announcements[at]?.msk))) announcements.splice(at, 1);
    // An MTK that is on its way out goes to nobody new.
    if (!under.some((msk) => isSame(msk, base.msk))) return;
    for (const msk of under) {
      if (announcements.some((each) => isSame(each.msk, msk))) continue;
      const mtkId = await this.#numberUnder(msk);
      if (mtkId !== undefined) announcements.push(this.#announcement(msk, mtkId));
    }
  }

  /** Uses the next MTK when it was sent for long enough, and often enough, under each MSK. */
  #use(): void {
    const coming = this.#coming;
    const isOut = ({ sent, outSince }: Announcement) =>
      outSince !== undefined && sent >= SENT_BEFORE_USE && this.#now - outSince >= this.#settings.announceMs;
    if (!coming?.announcements.includes(coming.base) || !coming.announcements.every(isOut)) return;
    this.#inUse = coming;
    this.#coming = undefined;
    this.#events.push({ kind: 'mtk-in-use', key: keyOf(coming) });
  }

  /** Adds the messages of an MTK that are due, each with a counter of its own. */
  async #addDue(
    generation: Generation | undefined,
    under: readonly TrafficMsk[],
    messages: Uint8Array[],
  ): Promise<void> {
    for (const announcement of generation?.announcements ?? []) {
      const isLive = under.some((msk) => isSame(msk, announcement.msk));
      if (!isLive || announcement.dueAt > this.#now) continue;
      const counter = await this.#numbers.takeCounter(announcement.msk);
      if (counter === undefined || generation === undefined) continue;
      announcement.dueAt = this.#now + this.#settings.repeatMs;
      announcement.sent += 1;
      messages.push(this.#message(generation, announcement, counter));
    }
  }

  #message({ mtk, salt }: Generation, { msk, mtkId }: Announcement, counter: number): Uint8Array {
    return encodeMtkMessage({
      ...msk,
      csbId: Buffer.from(msk.rand).readUInt32BE(),
      counter,
      mtkId,
      mtk,
      ...(salt === undefined ? {} : { salt }),
      ...(this.#ports.csIdMap === undefined ? {} : { csIdMap: this.#ports.csIdMap() }),
    });
  }

  #stepOf(messages: readonly Uint8Array[], failure: unknown): Step {
    const events = this.#events;
    this.#events = [];
    return { messages, inUse: this.#inUse && keyOf(this.#inUse), events, failure };
  }
}

async function thrownBy(act: () => Promise<void>): Promise<unknown> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return error ?? new Error('the table failed');
  }
}

function keyOf({ base, mtk, salt }: Generation): TrafficKey {
  const name: MtkName = { keyDomainId: base.msk.keyDomainId, mskId: base.msk.mskId, mtkId: base.mtkId };
  return { ...name, mtk, salt };
}

function isSame(one: TrafficMsk, other: TrafficMsk | undefined): boolean {
  return other !== undefined && nameOfMsk(one) === nameOfMsk(other);
}
