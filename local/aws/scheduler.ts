import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { AwsError } from './aws-error.ts';
import { arnOf, type ResolvedStacks } from './template.ts';

const scheduleRequest = v.object({
  GroupName: v.optional(v.string(), 'default'),
  ScheduleExpression: v.string(),
  /** Seconds since the epoch. */
  StartDate: v.optional(v.number()),
  ActionAfterCompletion: v.optional(v.picklist(['NONE', 'DELETE']), 'NONE'),
  FlexibleTimeWindow: v.object({ Mode: v.literal('OFF') }),
  Target: v.object({
    Arn: v.string(),
    RoleArn: v.string(),
    Input: v.string(),
    EventBridgeParameters: v.object({ Source: v.string(), DetailType: v.string() }),
  }),
});

type ScheduleRequest = v.InferOutput<typeof scheduleRequest>;

/** The times of a schedule, in ms: once, or again and again from the first on. */
interface Times {
  readonly first: number;
  readonly every?: number;
}

interface Schedule {
  readonly arn: string;
  readonly request: ScheduleRequest;
  timer: NodeJS.Timeout | undefined;
}

/** The names of the parts of `/schedules/{Name}`. */
const PATH = /^\/schedules\/([0-9a-zA-Z-_.]{1,64})$/;

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The longest that a timer waits, in ms: several timers, one after another, wait for a later time. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A stand-in for EventBridge Scheduler: schedules in memory, whose only target is an event on the bus. It
 * does `at()` and `rate()`, and refuses `cron()`.
 */
export class LocalScheduler {
  readonly #groups: ReadonlySet<string>;
  readonly #putEvents: (request: unknown) => unknown;
  /** By group and name, `GROUP/NAME`. */
  readonly #schedules = new Map<string, Schedule>();

  /**
   * @param stacks have the schedule groups
   * @param putEvents the bus's PutEvents action
   */
  constructor(stacks: Pick<ResolvedStacks, 'resourcesOfType'>, putEvents: (request: unknown) => unknown) {
    const groups = stacks.resourcesOfType('AWS::Scheduler::ScheduleGroup');
    this.#groups = new Set(groups.map(({ properties }) => String(properties.Name)));
    this.#putEvents = putEvents;
  }

  /** Answers one call of the REST API: method, path with query, and the body's JSON. @throws AwsError */
  answer(method: string, url: URL, body: string): unknown {
    const name = PATH.exec(url.pathname)?.[1];
    if (name === undefined) throw new AwsError('ValidationException', `there is no ${url.pathname}`);
    if (method === 'POST' || method === 'PUT') return this.#write(method, name, parseRequest(body));
    const key = `${url.searchParams.get('groupName') ?? 'default'}/${name}`;
    const { arn, request, timer } = this.#find(key, name);
    if (method === 'GET') return { Arn: arn, Name: name, State: 'ENABLED', ...request };
    clearTimeout(timer);
    this.#schedules.delete(key);
    return {};
  }

  close(): void {
    for (const { timer } of this.#schedules.values()) clearTimeout(timer);
    this.#schedules.clear();
  }

  /** CreateSchedule is a POST, UpdateSchedule a PUT. */
  #write(method: 'POST' | 'PUT', name: string, request: ScheduleRequest) {
    const { GroupName: group } = request;
    const key = `${group}/${name}`;
    if (method === 'PUT') this.#find(key, name);
    else if (this.#schedules.has(key))
      throw new AwsError('ConflictException', `Schedule ${name} already exists.`, 409);
    if (!this.#groups.has(group)) throw notFound(`Schedule group ${group}`);
    const times = timesOf(request, Date.now());
    clearTimeout(this.#schedules.get(key)?.timer);
    const arn = arnOf('scheduler', `schedule/${group}/${name}`);
    const schedule = { arn, request, timer: undefined };
    this.#schedules.set(key, schedule);
    this.#arm(key, schedule, times.first, times);
    return { ScheduleArn: arn };
  }

  #find(key: string, name: string): Schedule {
    const schedule = this.#schedules.get(key);
    if (schedule === undefined) throw notFound(`Schedule ${name}`);
    return schedule;
  }

  #arm(key: string, schedule: Schedule, time: number, times: Times): void {
    const wait = Math.max(0, time - Date.now());
    const fire = () => {
      if (wait > MAX_TIMER_MS) return this.#arm(key, schedule, time, times);
      if (times.every !== undefined) this.#arm(key, schedule, time + times.every, times);
      else if (schedule.request.ActionAfterCompletion === 'DELETE') this.#schedules.delete(key);
      this.#invoke(key, schedule, time);
    };
    schedule.timer = setTimeout(fire, Math.min(wait, MAX_TIMER_MS)).unref();
  }

  #invoke(key: string, { arn, request: { Target } }: Schedule, time: number): void {
    const keywords: Readonly<Record<string, string>> = {
      'schedule-arn': arn,
      'scheduled-time': `${new Date(time).toISOString().slice(0, 19)}Z`,
      'execution-id': randomUUID(),
      'attempt-number': '1',
    };
    const Detail = Target.Input.replace(
      /<aws\.scheduler\.([a-z-]+)>/g,
      (all, name: string) => keywords[name] ?? all,
    );
    const EventBusName = Target.Arn.split(':event-bus/')[1];
    try {
      this.#putEvents({ Entries: [{ ...Target.EventBridgeParameters, EventBusName, Detail }] });
    } catch (error) {
      process.emitWarning(`schedule ${key}: ${String(error)}`);
    }
  }
}

function parseRequest(body: string): ScheduleRequest {
  const result = v.safeParse(scheduleRequest, JSON.parse(body));
  if (result.success) return result.output;
  throw new AwsError('ValidationException', result.issues.map(({ message }) => message).join('; '));
}

/**
 * A `rate()` without a start begins now.
 * @throws AwsError for another expression, or a time that has passed
 */
function timesOf({ ScheduleExpression: expression, StartDate }: ScheduleRequest, now: number): Times {
  const [, at] = /^at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)$/.exec(expression) ?? [];
  const time = Date.parse(`${at}Z`);
  if (time > now) return { first: time };
  const [, value, unit = ''] = /^rate\(([1-9][0-9]*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const period = UNIT_MS[unit];
  if (period !== undefined)
    return { first: StartDate === undefined ? now : StartDate * 1000, every: Number(value) * period };
  throw new AwsError('ValidationException', `Invalid Schedule Expression ${expression}.`);
}

function notFound(what: string): AwsError {
  return new AwsError('ResourceNotFoundException', `${what} does not exist.`, 404);
}
