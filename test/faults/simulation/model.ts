import { createAgenda } from '../../../lib/distribution/pacing/agenda.ts';
import type { SeededRandom } from '../../seeded-random.ts';

/** What a push is like. Times in ms. */
export interface PushModel {
  readonly ues: number;
  readonly tasks: number;
  /** Partitions that the registrations are spread over: chains of pages that go on side by side. */
  readonly shards: number;
  readonly pageSize: number;
  /** A task takes no page while it has as many unsent messages as it sends in so many seconds. */
  readonly enoughSeconds: number;
  /** UEs that may wait for an answer at one task; it then takes no page either. */
  readonly maxUnderWay: number;
  /** Messages a second that a task may send. */
  readonly rate: number;
  /** Time of a task's processor for a message: to make, send, and verify it. */
  readonly messageMs: number;
  /** Time of a task's processor for a page beside its messages. */
  readonly pageMs: number;
  /** What a page waits for: its message, its registrations, the next page's message, its associations, its result. */
  readonly receiveMs: number;
  readonly queryMs: number;
  readonly sendMs: number;
  readonly readMs: number;
  readonly writeMs: number;
  /** From sending to the UE's answer. */
  readonly roundTripMs: number;
  /** Probability that a datagram is lost, each way. */
  readonly loss: number;
  /** UEs that can't be reached. */
  readonly outOfReach: number;
  /** How long each try is waited for; when the last is over, the UE is undelivered. */
  readonly waitsMs: readonly number[];
}

/** What came of it. */
export interface SimulatedPush {
  readonly seconds: number;
  readonly messages: number;
  readonly pages: number;
  readonly undelivered: number;
  /** How often a page was put back, because no task had room for it. */
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

/** What a task has no room for comes again after so long, in ms. */
const DEFERRAL_MS = 1000;

type Step =
  | { readonly kind: 'page-available'; readonly shard: number }
  | { readonly kind: 'send'; readonly page: Page }
  | { readonly kind: 'sent'; readonly page: Page }
  | { readonly kind: 'done'; readonly page: Page };

/**
 * Plays a push page by page: a task that has room takes a page, reads its registrations, hands on the next page of
 * the shard, reads the associations, sends at its rate and the speed of its processor, sends again to those that
 * have not answered, and writes the result. Each UE's luck is drawn.
 */
export function simulatePush(model: PushModel, random: SeededRandom): SimulatedPush {
  const agenda = createAgenda<Step & { readonly at: number }>();
  const at = (time: number, step: Step) => agenda.add(time, { ...step, at: time });
  const unsent = new Array<number>(model.tasks).fill(0);
  const underWay = new Array<number>(model.tasks).fill(0);
  const processorFree = new Array<number>(model.tasks).fill(0);
  const waiting: number[] = [];
  const left = shardSizes(model);
  const enough = model.rate * model.enoughSeconds;
  const change = (counts: number[], task: number, by: number) => {
    counts[task] = (counts[task] ?? 0) + by;
  };
  const spacing = Math.max(model.messageMs, 1000 / model.rate);
  let [pages, messages, undelivered, last, busyMs, nextTask, deferrals] = [0, 0, 0, 0, 0, 0, 0];

  /** Tasks that poll a queue share what is in it evenly. */
  const taskWithRoom = () => {
    for (let each = 0; each < model.tasks; each++) {
      const task = (nextTask + each) % model.tasks;
      if ((unsent[task] ?? 0) < enough && (underWay[task] ?? 0) < model.maxUnderWay) {
        nextTask = task + 1;
        return task;
      }
    }
    return undefined;
  };

  const start = (now: number) => {
    while (waiting.length > 0) {
      const task = taskWithRoom();
      if (task === undefined) return;
      const shard = waiting.shift() ?? 0;
      pages += 1;
      const size = Math.min(model.pageSize, left[shard] ?? 0);
      change(left, shard, -size);
      change(unsent, task, size);
      change(underWay, task, size);
      const queried = now + model.receiveMs + model.queryMs;
      const handedOn = queried + model.sendMs;
      if ((left[shard] ?? 0) > 0) at(handedOn, { kind: 'page-available', shard });
      const out = drawn(size, model.outOfReach, random);
      const page = { task, size, pending: size - out, out, tries: 0 };
      at(handedOn + model.readMs, { kind: 'send', page });
    }
  };

  const send = (page: Page, now: number) => {
    const { task } = page;
    const pending = page.pending + page.out;
    const begun = Math.max(now, processorFree[task] ?? 0);
    const perPage = page.tries === 0 ? model.pageMs : 0;
    const sent = begun + perPage + pending * spacing;
    processorFree[task] = sent;
    busyMs += perPage + pending * model.messageMs;
    messages += pending;
    const waitMs = model.waitsMs[page.tries] ?? 0;
    if (page.tries === 0) at(sent, { kind: 'sent', page });
    page.tries += 1;
    page.pending = drawn(page.pending, 1 - (1 - model.loss) ** 2, random);
    if (page.pending + page.out === 0) at(sent + model.roundTripMs + model.writeMs, { kind: 'done', page });
    else if (page.tries < model.waitsMs.length) at(sent + waitMs, { kind: 'send', page });
    else at(sent + waitMs + model.writeMs, { kind: 'done', page });
  };

  for (let shard = 0; shard < model.shards; shard++) {
    if ((left[shard] ?? 0) > 0) waiting.push(shard);
  }
  start(0);
  for (let what = agenda.take(); what !== undefined; what = agenda.take()) {
    const time = what.at;
    deferrals += (waiting.length * (time - last)) / DEFERRAL_MS;
    last = Math.max(last, time);
    if (what.kind === 'page-available') waiting.push(what.shard);
    else if (what.kind === 'send') send(what.page, time);
    else if (what.kind === 'sent') change(unsent, what.page.task, -what.page.size);
    else {
      undelivered += what.page.pending + what.page.out;
      change(underWay, what.page.task, -what.page.size);
    }
    start(time);
  }
  const busy = busyMs / (last * model.tasks);
  return { seconds: last / 1000, messages, pages, undelivered, deferrals: Math.round(deferrals), busy };
}

function shardSizes({ ues, shards }: PushModel): number[] {
  return Array.from(
    { length: shards },
    (_, shard) => Math.floor(ues / shards) + (shard < ues % shards ? 1 : 0),
  );
}

/** Of so many, those that something of this probability happens to: one by one, for a page waits for its last UE. */
function drawn(count: number, probability: number, random: SeededRandom): number {
  let happened = 0;
  if (probability > 0)
    for (let each = 0; each < count; each++) if (random.happens(probability)) happened += 1;
  return happened;
}
