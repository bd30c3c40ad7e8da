import { TimerQueue } from '../../../lib/distribution/pacing/timer-queue.ts';
import type { SeededRandom } from '../../seeded-random.ts';

/** The properties of a push. Times are in ms. */
export interface PushModel {
  readonly ues: number;
  readonly tasks: number;
  /** Partitions of the registrations: chains of pages that run in parallel. */
  readonly shards: number;
  readonly pageSize: number;
  /** A task takes no page while it has unsent messages for this time, in s. */
  readonly enoughSeconds: number;
  /** UEs that may wait for an answer at one task; it then takes no page either. */
  readonly maxUnderWay: number;
  /** Messages per second that a task may send. */
  readonly rate: number;
  /** Processor time of a task for a message: to build, send, and verify it. */
  readonly messageMs: number;
  /** Processor time of a task for a page beside its messages. */
  readonly pageMs: number;
  /**
   * Waiting times of a page: its message, its registrations, the enqueuing of the next, its outcome.
   */
  readonly receiveMs: number;
  readonly queryMs: number;
  readonly sendMs: number;
  readonly writeMs: number;
  /** From sending to the UE's answer. */
  readonly roundTripMs: number;
  /** Probability that a datagram is lost, each way. */
  readonly loss: number;
  /** The share of UEs out of reach. */
  readonly outOfReach: number;
  /** Waiting times after each message; after the last, the UE is undelivered. */
  readonly waitsMs: readonly number[];
}

/** The outcome of a simulated push. */
export interface SimulatedPush {
  readonly seconds: number;
  readonly messages: number;
  readonly pages: number;
  readonly undelivered: number;
  /** How often a page went back to the queue because no task had room for it. */
  readonly deferrals: number;
  /** How busy the tasks' processors were, 0 to 1. */
  readonly busy: number;
}

interface Page {
  readonly task: number;
  readonly size: number;
  /** Within reach, and not. */
  pending: number;
  readonly out: number;
  tries: number;
}

/** A page that no task has room for comes again after this time, in ms. */
const DEFERRAL_MS = 1000;

type Step =
  | { readonly kind: 'page-available'; readonly shard: number }
  | { readonly kind: 'send'; readonly page: Page }
  | { readonly kind: 'sent'; readonly page: Page }
  | { readonly kind: 'done'; readonly page: Page };

/**
 * Plays a push page by page. A task that has room takes a page, reads its registrations, enqueues the next
 * page of the shard, sends at its rate and the speed of its processor, sends again to
 * UEs that have not answered, and writes the outcome. The luck of each UE is drawn.
 */
export function simulatePush(model: PushModel, random: SeededRandom): SimulatedPush {
  return new Simulation(model, random).run();
}

class Simulation {
  readonly #model: PushModel;
  readonly #random: SeededRandom;
  readonly #agenda = new TimerQueue<Step & { readonly at: number }>();
  /** UEs by task: without a first message, and without an outcome. */
  readonly #unsent: number[];
  readonly #underWay: number[];
  /** When the processor of each task is free, in ms. */
  readonly #processorFree: number[];
  /** Shards whose next page waits for a task. */
  readonly #waiting: number[] = [];
  /** UEs by shard that are on no page yet. */
  readonly #left: number[];
  #nextTask = 0;
  #pages = 0;
  #messages = 0;
  #undelivered = 0;
  #busyMs = 0;

  constructor(model: PushModel, random: SeededRandom) {
    this.#model = model;
    this.#random = random;
    this.#unsent = new Array<number>(model.tasks).fill(0);
    this.#underWay = new Array<number>(model.tasks).fill(0);
    this.#processorFree = new Array<number>(model.tasks).fill(0);
    this.#left = shardSizes(model);
  }

  run(): SimulatedPush {
    for (const [shard, ues] of this.#left.entries()) if (ues > 0) this.#waiting.push(shard);
    this.#startPages(0);
    let last = 0;
    let deferrals = 0;
    for (let step = this.#agenda.take(); step !== undefined; step = this.#agenda.take()) {
      deferrals += (this.#waiting.length * (step.at - last)) / DEFERRAL_MS;
      last = Math.max(last, step.at);
      this.#do(step, step.at);
      this.#startPages(step.at);
    }
    return {
      seconds: last / 1000,
      messages: this.#messages,
      pages: this.#pages,
      undelivered: this.#undelivered,
      deferrals: Math.round(deferrals),
      busy: this.#busyMs / (last * this.#model.tasks),
    };
  }

  #do(step: Step, now: number): void {
    if (step.kind === 'page-available') this.#waiting.push(step.shard);
    else if (step.kind === 'send') this.#send(step.page, now);
    else if (step.kind === 'sent') add(this.#unsent, step.page.task, -step.page.size);
    else {
      this.#undelivered += step.page.pending + step.page.out;
      add(this.#underWay, step.page.task, -step.page.size);
    }
  }

  #at(time: number, step: Step): void {
    this.#agenda.add(time, { ...step, at: time });
  }

  #startPages(now: number): void {
    const { pageSize, receiveMs, queryMs, sendMs, outOfReach } = this.#model;
    while (this.#waiting.length > 0) {
      const task = this.#taskWithRoom();
      if (task === undefined) return;
      const shard = this.#waiting.shift() ?? 0;
      this.#pages += 1;
      const size = Math.min(pageSize, this.#left[shard] ?? 0);
      add(this.#left, shard, -size);
      add(this.#unsent, task, size);
      add(this.#underWay, task, size);
      const enqueued = now + receiveMs + queryMs + sendMs;
      if ((this.#left[shard] ?? 0) > 0) this.#at(enqueued, { kind: 'page-available', shard });
      const out = drawn(size, outOfReach, this.#random);
      this.#at(enqueued, { kind: 'send', page: { task, size, pending: size - out, out, tries: 0 } });
    }
  }

  /** Tasks that poll a queue share its messages evenly. */
  #taskWithRoom(): number | undefined {
    const { tasks, rate, enoughSeconds, maxUnderWay } = this.#model;
    for (let each = 0; each < tasks; each++) {
      const task = (this.#nextTask + each) % tasks;
      if ((this.#unsent[task] ?? 0) < rate * enoughSeconds && (this.#underWay[task] ?? 0) < maxUnderWay) {
        this.#nextTask = task + 1;
        return task;
      }
    }
    return undefined;
  }

  #send(page: Page, now: number): void {
    const { messageMs, rate, pageMs, waitsMs, loss, roundTripMs, writeMs } = this.#model;
    const pending = page.pending + page.out;
    const begun = Math.max(now, this.#processorFree[page.task] ?? 0);
    const perPage = page.tries === 0 ? pageMs : 0;
    const sent = begun + perPage + pending * Math.max(messageMs, 1000 / rate);
    this.#processorFree[page.task] = sent;
    this.#busyMs += perPage + pending * messageMs;
    this.#messages += pending;
    const waitMs = waitsMs[page.tries] ?? 0;
    if (page.tries === 0) this.#at(sent, { kind: 'sent', page });
    page.tries += 1;
    page.pending = drawn(page.pending, 1 - (1 - loss) ** 2, this.#random);
    if (page.pending + page.out === 0) this.#at(sent + roundTripMs + writeMs, { kind: 'done', page });
    else if (page.tries < waitsMs.length) this.#at(sent + waitMs, { kind: 'send', page });
    else this.#at(sent + waitMs + writeMs, { kind: 'done', page });
  }
}

function add(counts: number[], index: number, by: number): void {
  counts[index] = (counts[index] ?? 0) + by;
}

function shardSizes({ ues, shards }: PushModel): number[] {
  return Array.from(
    { length: shards },
    (_, shard) => Math.floor(ues / shards) + (shard < ues % shards ? 1 : 0),
  );
}

/**
 * How many of `count` draws of a probability succeed; drawn one by one, since a page waits for its last UE.
 */
function drawn(count: number, probability: number, random: SeededRandom): number {
  let happened = 0;
  if (probability > 0)
    for (let each = 0; each < count; each++) if (random.happens(probability)) happened += 1;
  return happened;
}
