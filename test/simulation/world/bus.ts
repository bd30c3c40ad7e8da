import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import {
  type DetailType,
  DISTRIBUTION_REQUESTS,
  EVENT_SOURCE,
  ROTATION_REQUESTS,
} from '../../../lib/events/contracts.ts';
import { AwsError } from '../../../local/aws/aws-error.ts';
import type { World } from './world.ts';

const putEvents = v.object({
  Entries: v.array(
    v.object({ Source: v.string(), DetailType: v.string(), Detail: v.pipe(v.string(), v.parseJson()) }),
  ),
});

/** An event as it lies on the bus. */
export interface SimulatedEvent {
  readonly id: string;
  readonly source: string;
  readonly 'detail-type': string;
  readonly 'replay-name'?: string;
  readonly detail: {
    readonly metadata: { readonly idempotencyKey: string; readonly correlationId: string };
    readonly data: Readonly<Record<string, unknown>>;
  };
}

/** What the rules of the deployment give to the queue, and to the Key Rotation function. */
const TO_QUEUE: readonly string[] = ['MSK Request Granted', ...DISTRIBUTION_REQUESTS] satisfies DetailType[];
const TO_ROTATION: readonly string[] = ROTATION_REQUESTS;

/** EventBridge: what it takes it delivers, once or more, in any order, and late. */
export class Bus {
  readonly #world: World;
  readonly #toQueue: (body: string) => void;
  readonly #listeners: ((event: SimulatedEvent) => void)[] = [];
  readonly #archive: SimulatedEvent[] = [];
  /** Events that are taken and not yet delivered. */
  underWay = 0;
  #toRotation: (event: SimulatedEvent) => void = () => {};

  constructor(world: World, toQueue: (body: string) => void) {
    this.#world = world;
    this.#toQueue = toQueue;
  }

  /** Hears each event once, when the bus takes it. */
  onEvent(listener: (event: SimulatedEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Sets what the rotation's rule invokes. */
  invokes(rotation: (event: SimulatedEvent) => void): void {
    this.#toRotation = rotation;
  }

  answer(action: string, request: unknown): object {
    if (action !== 'PutEvents') throw new AwsError('UnknownOperationException', `no ${action}`);
    const results = v.parse(putEvents, request).Entries.map(({ Source, DetailType, Detail }) => {
      if (this.#world.strikes('partRefused'))
        return { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow' };
      const id = randomUUID();
      const detail = Detail as SimulatedEvent['detail'];
      this.#take({ id, source: Source, 'detail-type': DetailType, detail });
      return { EventId: id };
    });
    return { FailedEntryCount: results.filter((each) => 'ErrorCode' in each).length, Entries: results };
  }

  /** Takes what another service of AWS puts: it tries again until the bus has taken it. */
  takeAll(request: unknown): void {
    for (const { Source, DetailType, Detail } of v.parse(putEvents, request).Entries) {
      const detail = Detail as SimulatedEvent['detail'];
      this.#take({ id: randomUUID(), source: Source, 'detail-type': DetailType, detail });
    }
  }

  #take(event: SimulatedEvent): void {
    const { faults, random, scheduler, machine, trace } = this.#world;
    const type = event['detail-type'];
    trace.note('bus', type, Buffer.from(JSON.stringify(event.detail)));
    for (const listener of this.#listeners) listener(event);
    if (!isToQueue(event) && !TO_ROTATION.includes(type)) return;
    this.#archive.push(event);
    const copies = this.#world.strikes('twice') ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const delay = 20 + random.next() * (this.#world.strikes('late') ? faults.lateMs : 50);
      this.underWay += 1;
      scheduler.after(delay, machine, () => {
        this.underWay -= 1;
        this.#deliver(event);
      });
    }
  }

  /** Every request that the bus took, as an archive replays them. */
  get archive(): readonly SimulatedEvent[] {
    return this.#archive;
  }

  /** An archive replays an event: rules and targets get it again, with the replay's name. */
  replay(event: SimulatedEvent): void {
    this.#world.trace.note('archive', `replays ${event['detail-type']} ${event.id}`);
    this.#deliver({ ...event, 'replay-name': 'replay' });
  }

  #deliver(event: SimulatedEvent): void {
    if (isToQueue(event)) this.#toQueue(JSON.stringify(event));
    else this.#toRotation(event);
  }
}

function isToQueue({ 'detail-type': type, source }: SimulatedEvent): boolean {
  return TO_QUEUE.includes(type) && (type !== 'MSK Request Granted' || source === EVENT_SOURCE);
}
