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

  answer(action: string, request: unknown): unknown {
    if (action !== 'PutEvents') throw new AwsError('UnknownOperationException', `no ${action}`);
    const { faults, random } = this.#world;
    const results = v.parse(putEvents, request).Entries.map(({ Source, DetailType, Detail }) => {
      if (random.happens(faults.partRefused))
        return { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow' };
      const id = randomUUID();
      const detail = Detail as SimulatedEvent['detail'];
      this.#take({ id, source: Source, 'detail-type': DetailType, detail });
      return { EventId: id };
    });
    return { FailedEntryCount: results.filter((each) => 'ErrorCode' in each).length, Entries: results };
  }

  #take(event: SimulatedEvent): void {
    const { faults, random, scheduler, machine, trace } = this.#world;
    const type = event['detail-type'];
    trace.note('bus', type, Buffer.from(JSON.stringify(event.detail)));
    for (const listener of this.#listeners) listener(event);
    const isToQueue =
      TO_QUEUE.includes(type) && (type !== 'MSK Request Granted' || event.source === EVENT_SOURCE);
    if (!isToQueue && !TO_ROTATION.includes(type)) return;
    for (let copy = 0; copy < (random.happens(faults.twice) ? 2 : 1); copy++) {
      const delay = 20 + random.next() * (random.happens(faults.late) ? faults.lateMs : 50);
      scheduler.after(delay, machine, () =>
        isToQueue ? this.#toQueue(JSON.stringify(event)) : this.#toRotation(event),
      );
    }
  }
}
