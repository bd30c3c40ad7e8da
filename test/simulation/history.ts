import type { SimulatedEvent } from './world/bus.ts';
import type { World } from './world/world.ts';

/** What the bus said of a push. */
export interface PushHistory {
  readonly pushId: string;
  readonly askedAt: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly delivered: Set<string>;
  /** Reasons by IMPI. */
  readonly failed: Map<string, string>;
  /** Idempotency keys of its completions. */
  readonly completions: Map<string, Readonly<Record<string, unknown>>>;
  completedAt: number | undefined;
  isRefused: boolean;
}

interface ListedUe {
  readonly impi: string;
  readonly reason: string;
}

const ROTATIONS = ['Rotate MSK', 'Revoke MSK'];
const ROTATION_ANSWERS = ['MSK Prepared', 'MSK Revoked', 'MSK Rotation Refused'];
const GRANTS = ['UE Registered', 'UE Deregistered', 'MSK Request Granted'];
const PUSHES = ['Push MSK', 'Solicit MSK Pull'];

/** What was on the bus, as an operator's system would keep it. */
export class History {
  readonly pushes = new Map<string, PushHistory>();
  /** When an MSK was revoked, by its ID; ms of virtual time. */
  readonly revokedAt = new Map<string, number>();
  /** Requests for rotations by their correlation ID, and what answered them. */
  readonly rotations = new Map<string, string | undefined>();
  /** When MSKs came into use. */
  readonly rotated: number[] = [];
  /** MSKs that UEs asked for and were granted, and when. */
  readonly granted: { readonly impi: string; readonly at: number }[] = [];
  /** The last fact about an MSK for a UE, by its IMPI; ms of virtual time. */
  readonly lastOutcome = new Map<string, number>();
  /** Events that say what UEs were granted. */
  grants = 0;
  /** Those of them that report UEs of a page, or of an answer. */
  outcomes = 0;
  /** UEs that the ledger names, of all pushes. */
  named = 0;
  /** Dead letters before the drills. */
  deadLetters = 0;
  healedAt = 0;
  quietAt = 0;
  calmAt = Number.POSITIVE_INFINITY;
  /** Pushes that must reach each UE that is due. */
  readonly calmPushes = new Set<string>();
  readonly #world: World;
  /** The IDs of pushes that are neither completed nor refused. */
  readonly #open = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    world.aws.bus.onEvent((event) => this.#observe(event));
  }

  /** Whether something that was asked has no answer yet. */
  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  get openPushes(): readonly string[] {
    return [...this.#open];
  }

  #observe({ 'detail-type': type, detail: { metadata, data } }: SimulatedEvent): void {
    const now = this.#world.scheduler.now;
    const { idempotencyKey, correlationId } = metadata;
    if (GRANTS.includes(type)) this.grants += 1;
    this.#observeAnswers(type, data);
    if (ROTATIONS.includes(type) && !this.rotations.has(correlationId))
      this.rotations.set(correlationId, undefined);
    if (ROTATION_ANSWERS.includes(type) && this.rotations.has(correlationId))
      this.rotations.set(correlationId, type);
    if (PUSHES.includes(type) && !this.pushes.has(idempotencyKey)) this.#begin(idempotencyKey, data);
    if (type === 'MSK Rotated') this.rotated.push(now);
    if (type === 'MSK Revoked' && !this.revokedAt.has(String(data.mskId)))
      this.revokedAt.set(String(data.mskId), now);
    const push = this.pushes.get(String(data.pushId ?? data.requestId ?? idempotencyKey));
    if (push === undefined) return;
    if (type === 'MSK Push Refused' || type === 'MSK Push Completed') this.#open.delete(push.pushId);
    if (type === 'MSK Delivered') for (const impi of data.ues as string[]) push.delivered.add(impi);
    if (type === 'MSK Delivery Failed')
      for (const { impi, reason } of data.ues as ListedUe[]) push.failed.set(impi, reason);
    if (type === 'MSK Push Refused') push.isRefused = true;
    if (type === 'MSK Push Completed') {
      push.completedAt ??= now;
      push.completions.set(JSON.stringify([data.verified, data.sent, data.failed]), data);
    }
  }

  #begin(pushId: string, data: PushHistory['data']): void {
    this.#open.add(pushId);
    this.pushes.set(pushId, {
      pushId,
      askedAt: this.#world.scheduler.now,
      data,
      delivered: new Set(),
      failed: new Map(),
      completions: new Map(),
      completedAt: undefined,
      isRefused: false,
    });
  }

  #observeAnswers(type: string, data: SimulatedEvent['detail']['data']): void {
    if (type === 'MSK Delivered' || type === 'MSK Delivery Failed') this.outcomes += 1;
    const at = this.#world.scheduler.now;
    if (type === 'MSK Request Granted') this.granted.push({ impi: String(data.impi), at });
    if (type === 'MSK Delivered') for (const impi of data.ues as string[]) this.lastOutcome.set(impi, at);
    if (type === 'MSK Delivery Failed')
      for (const { impi } of data.ues as ListedUe[]) this.lastOutcome.set(impi, at);
  }
}
