import { KEY_ROTATION_VARIABLE } from '../../../functions/environment-variables.ts';
import { createContext } from '../../../functions/key-rotation/container.ts';
import { parseEvent } from '../../../lib/events/envelope.ts';
import { refuseMalformed } from '../../../lib/key-rotation/refuse-malformed.ts';
import { handleRotationEvent } from '../../../lib/key-rotation/rotate.ts';
import { CALLS_OF_FUNCTION } from '../faults.ts';
import { Machine } from '../virtual/machine.ts';
import { KEY_ARN, SCHEDULE_GROUP, TABLE_NAME } from '../world/aws.ts';
import type { SimulatedEvent } from '../world/bus.ts';
import type { World } from '../world/world.ts';

/** Lambda tries an asynchronous invocation again after these times, in ms. */
const AGAIN_AFTER_MS = [60_000, 120_000];

/** The Key Rotation function behind its rule of the bus. */
export class RotationFunction {
  readonly #world: World;
  #invoked = 0;
  /** Invocations that are not done. */
  underWay = 0;
  /** The next invocation ends when AWS has done so many calls of it. */
  endsAfterCalls: number | undefined;
  /** Events that failed each time. */
  readonly deadLetters: SimulatedEvent[] = [];

  constructor(world: World) {
    this.#world = world;
    world.aws.bus.invokes((event) => this.#invoke(event, 0));
  }

  #invoke(event: SimulatedEvent, tried: number): void {
    const { random, scheduler, trace, machine: world } = this.#world;
    this.#invoked += 1;
    if (tried === 0) this.underWay += 1;
    const machine = new Machine(`rotation-${this.#invoked}`, scheduler.now);
    const text = JSON.stringify(event);
    let isOver = false;
    const fail = (reason: string) => {
      if (isOver) return;
      isOver = true;
      machine.hasEnded = true;
      trace.note(machine.name, `fails: ${reason}`);
      const again = AGAIN_AFTER_MS[tried];
      if (again !== undefined) {
        scheduler.after(again, world, () => this.#invoke(event, tried + 1));
        return;
      }
      this.underWay -= 1;
      this.deadLetters.push(event);
    };
    const drawn = this.#world.strikes('cutOff') ? 1 + random.whole(CALLS_OF_FUNCTION) : undefined;
    const calls = this.endsAfterCalls ?? drawn;
    this.endsAfterCalls = undefined;
    if (calls !== undefined) machine.endAfter(calls, () => fail('cut off'));
    if (this.#world.strikes('functionEnds')) scheduler.after(random.next() * 60, world, () => fail('ended'));
    const handle = async () => {
      const context = createContext(environmentOf(this.#world), this.#world.aws.way);
      try {
        return await handleRotationEvent(context, parseEvent(text));
      } catch (error) {
        return refuseMalformed(context, text, error);
      }
    };
    scheduler.as(machine, handle).then(
      (outcome) => {
        if (isOver) return;
        isOver = true;
        this.underWay -= 1;
        trace.note(machine.name, `${event['detail-type']} ${outcome.result}`);
      },
      (error: unknown) => fail(String(error)),
    );
  }
}

function environmentOf({ aws }: World): Record<string, string> {
  return {
    [KEY_ROTATION_VARIABLE.tableName]: TABLE_NAME,
    [KEY_ROTATION_VARIABLE.keyArn]: KEY_ARN,
    [KEY_ROTATION_VARIABLE.eventBusName]: 'Bus',
    [KEY_ROTATION_VARIABLE.eventBusArn]: 'arn:aws:events:us-east-1:000000000000:event-bus/Bus',
    [KEY_ROTATION_VARIABLE.deadLetterQueueUrl]: aws.deadLetterUrl,
    [KEY_ROTATION_VARIABLE.scheduleGroup]: SCHEDULE_GROUP,
    [KEY_ROTATION_VARIABLE.scheduleRoleArn]: 'arn:aws:iam::000000000000:role/schedules',
    [KEY_ROTATION_VARIABLE.leadTimeSeconds]: '60',
  };
}
