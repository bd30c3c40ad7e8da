import { Logger } from '@aws-lambda-powertools/logger';
import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { parseEnvironment, type SenderSettings } from '../../../functions/key-distribution/environment.ts';
import { type Sender, startSender } from '../../../functions/key-distribution/sender.ts';
import { type ClockError, Machine } from '../virtual/machine.ts';
import { KEY_ARN, TABLE_NAME, VISIBILITY_TIMEOUT_S } from '../world/aws.ts';
import type { World } from '../world/world.ts';
import { builderOf } from './builders.ts';
import { NAF_FQDN } from './names.ts';

/** A task of the Key Distribution function. */
interface Task {
  readonly machine: Machine;
  sender: Sender | undefined;
  isStopping: boolean;
  /** When its last pause began, ms of virtual time. */
  pausedSince: number;
}

/** ECS waits that long between SIGTERM and SIGKILL, in ms. */
const STOP_TIMEOUT_MS = 120_000;
/** And for a task in the place of one that ended. */
const REPLACED_AFTER_MS = 20_000;
const MAX_TASKS = 8;
/** In one seed of so many, senders build and check messages by the reference, and else by lib/native. */
const REFERENCE_EVERY = 4;

/** The service of senders: as many tasks as are wanted, each with a clock of its own. */
export class Senders {
  readonly #world: World;
  readonly #settings: SenderSettings;
  readonly #tasks = new Set<Task>();
  #wanted = 0;
  #started = 0;
  ended = 0;
  /** The longest time for which nothing of a sender ran, in ms: one pause may begin within another. */
  longestPauseMs = 0;

  constructor(world: World, settings: Partial<SenderSettings> = {}) {
    this.#world = world;
    this.#settings = { ...settingsOf(world), ...settings };
  }

  get count(): number {
    return this.#tasks.size;
  }

  /** Starts tasks, or stops some as ECS does. */
  scale(wanted: number): void {
    this.#wanted = Math.min(MAX_TASKS, wanted);
    const running = [...this.#tasks].filter(({ isStopping }) => !isStopping);
    for (const task of running.slice(this.#wanted)) this.#stop(task);
    for (let more = running.length; more < this.#wanted; more++) this.#start();
  }

  /** One that runs ends without notice. */
  end(): void {
    const task = this.#any();
    if (task === undefined) return;
    this.#world.trace.note(task.machine.name, 'ends');
    this.#remove(task);
    this.#replaceLater();
  }

  /** One stops for a while, as a machine that is moved, and goes on afterwards. */
  pause(ms: number): void {
    const task = this.#any();
    if (task === undefined) return;
    this.#world.trace.note(task.machine.name, `pauses ${ms.toFixed(0)}`);
    this.#pause(task, ms);
  }

  pauseAll(ms: number): void {
    for (const task of this.#tasks) this.#pause(task, ms);
  }

  #pause(task: Task, ms: number): void {
    const { machine } = task;
    const { now } = this.#world.scheduler;
    if (machine.pausedUntil <= now) task.pausedSince = now;
    machine.pause(now + ms);
    this.longestPauseMs = Math.max(this.longestPauseMs, machine.pausedUntil - task.pausedSince);
  }

  /** Until when one of them is paused, ms of virtual time. */
  get pausedUntil(): number {
    return Math.max(0, ...[...this.#tasks].map(({ machine }) => machine.pausedUntil));
  }

  stepClock(ms: number): void {
    const task = this.#any();
    this.#world.trace.note(task?.machine.name ?? 'no sender', `clock steps ${ms.toFixed(0)}`);
    task?.machine.stepClock(ms);
  }

  #any(): Task | undefined {
    return [...this.#tasks][this.#world.random.whole(this.#tasks.size)];
  }

  #start(): void {
    const { scheduler, trace } = this.#world;
    this.#started += 1;
    const machine = new Machine(`sender-${this.#started}`, scheduler.now, drawClock(this.#world));
    const task: Task = { machine, sender: undefined, isStopping: false, pausedSince: 0 };
    this.#tasks.add(task);
    trace.note(machine.name, 'starts');
    const address = { address: `10.0.0.${this.#started % 250}`, port: 2269 };
    const logger = new Logger({ logLevel: 'SILENT' });
    scheduler
      .as(machine, () =>
        startSender(
          { ...this.#settings, udpAddresses: [address.address] },
          {
            logger,
            wayToAws: this.#world.aws.way,
            loadBuilder: builderOf,
            openPort: async () => ({ transport: this.#world.network.open(address), kind: 'dgram' }),
          },
        ),
      )
      .then(
        (sender) => {
          task.sender = sender;
        },
        (error: unknown) => {
          // As a container whose entry point throws.
          trace.note(machine.name, `did not start: ${String(error)}`);
          // Nothing of AWS throws it: the code itself is wrong, or not for this Node.
          if (error instanceof TypeError) this.#world.fail(`no sender can start: ${String(error)}`);
          if (!this.#tasks.has(task)) return;
          this.#remove(task);
          this.#replaceLater();
        },
      );
  }

  #stop(task: Task): void {
    const { scheduler, machine: world, trace } = this.#world;
    trace.note(task.machine.name, 'stops');
    task.isStopping = true;
    const { sender } = task;
    scheduler.after(STOP_TIMEOUT_MS, world, () => this.#remove(task));
    if (sender === undefined) this.#remove(task);
    else void scheduler.as(task.machine, () => sender.stop()).then(() => this.#remove(task));
  }

  #remove(task: Task): void {
    if (!this.#tasks.delete(task)) return;
    this.ended += 1;
    task.machine.hasEnded = true;
  }

  #replaceLater(): void {
    this.#world.scheduler.after(REPLACED_AFTER_MS, this.#world.machine, () => this.scale(this.#wanted));
  }
}

export function drawClock({ faults, random }: World): ClockError {
  return {
    skewMs: (random.next() * 2 - 1) * faults.skewMs,
    drift: (random.next() * 2 - 1) * faults.drift,
  };
}

/**
 * Those of the deployment, but for a pace at which a few hundred messages wait; pages are small, so that few
 * UEs are several.
 */
function settingsOf({ aws, seed }: World): SenderSettings {
  return parseEnvironment({
    [SENDER_VARIABLE.tableName]: TABLE_NAME,
    [SENDER_VARIABLE.keyArn]: KEY_ARN,
    [SENDER_VARIABLE.eventBusName]: 'Bus',
    [SENDER_VARIABLE.queueUrl]: aws.queueUrl,
    [SENDER_VARIABLE.deadLetterQueueUrl]: aws.deadLetterUrl,
    [SENDER_VARIABLE.nafFqdn]: NAF_FQDN,
    [SENDER_VARIABLE.udpAddresses]: '10.0.0.1',
    [SENDER_VARIABLE.workers]: '1',
    [SENDER_VARIABLE.native]: seed % REFERENCE_EVERY === 0 ? 'off' : 'auto',
    [SENDER_VARIABLE.perSecond]: '200',
    [SENDER_VARIABLE.visibilityTimeoutSeconds]: String(VISIBILITY_TIMEOUT_S),
  });
}
