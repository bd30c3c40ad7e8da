import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../cli/emulator/account.ts';
import type { ResolvedStacks } from './template.ts';

/** A stand-in for EventBridge Scheduler: schedules in memory, with events on the bus as their only target. */
export interface LocalScheduler {
  /**
   * One call of its REST API: method, path with query, and the body's JSON.
   * @throws SchedulerError as EventBridge Scheduler answers what it refuses
   */
  readonly answer: (method: string, url: URL, body: string) => unknown;
  readonly close: () => void;
}

/** What EventBridge Scheduler refuses, by the name of its exception. */
export class SchedulerError extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(name: string, status: number, message: string) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

const request = v.object({
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

type Request = v.InferOutput<typeof request>;

/** When a schedule comes: once, or again and again from a time on. In ms. */
type Times = { readonly at: number } | { readonly from: number; readonly every: number };

interface Schedule {
  readonly arn: string;
  readonly request: Request;
  timer: NodeJS.Timeout | undefined;
}

/** The names of the parts of `/schedules/{Name}`. */
const PATH = /^\/schedules\/([0-9a-zA-Z-_.]{1,64})$/;

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The longest that a timer waits; a later time is waited for in several turns. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A scheduler with the schedule groups of the stacks. It does `at()` and `rate()`, and refuses `cron()`.
 * @param putEvents the bus's PutEvents action
 */
export function createScheduler(
  stacks: Pick<ResolvedStacks, 'resourcesOfType'>,
  putEvents: (request: unknown) => Promise<unknown>,
): LocalScheduler {
  const groups = new Set(
    stacks.resourcesOfType('AWS::Scheduler::ScheduleGroup').map(({ properties }) => String(properties.Name)),
  );
  const schedules = new Map<string, Schedule>();

  const find = (key: string, name: string): Schedule => {
    const schedule = schedules.get(key);
    if (schedule === undefined)
      throw new SchedulerError('ResourceNotFoundException', 404, `Schedule ${name} does not exist.`);
    return schedule;
  };

  const remove = (key: string, name: string) => {
    clearTimeout(find(key, name).timer);
    schedules.delete(key);
  };

  const invoke = async ({ arn, request: { Target } }: Schedule, time: number) => {
    const keywords: Readonly<Record<string, string>> = {
      'schedule-arn': arn,
      'scheduled-time': `${new Date(time).toISOString().slice(0, 19)}Z`,
      'execution-id': randomUUID(),
      'attempt-number': '1',
    };
    await putEvents({
      Entries: [
        {
          ...Target.EventBridgeParameters,
          EventBusName: Target.Arn.split(':event-bus/')[1],
          Detail: Target.Input.replace(
            /<aws\.scheduler\.([a-z-]+)>/g,
            (all, name: string) => keywords[name] ?? all,
          ),
        },
      ],
    });
  };

  const arm = (key: string, schedule: Schedule, time: number, times: Times) => {
    const wait = Math.max(0, time - Date.now());
    schedule.timer = setTimeout(
      () => {
        if (wait > MAX_TIMER_MS) return arm(key, schedule, time, times);
        if ('every' in times) arm(key, schedule, time + times.every, times);
        else if (schedule.request.ActionAfterCompletion === 'DELETE') schedules.delete(key);
        invoke(schedule, time).catch((error: unknown) =>
          process.emitWarning(`schedule ${key}: ${String(error)}`),
        );
      },
      Math.min(wait, MAX_TIMER_MS),
    ).unref();
  };

  const put = (key: string, name: string, given: Request) => {
    if (!groups.has(given.GroupName))
      throw new SchedulerError(
        'ResourceNotFoundException',
        404,
        `Schedule group ${given.GroupName} does not exist.`,
      );
    const times = timesOf(given, Date.now());
    clearTimeout(schedules.get(key)?.timer);
    const arn = `arn:aws:scheduler:${LOCAL_REGION}:${LOCAL_ACCOUNT}:schedule/${given.GroupName}/${name}`;
    const schedule = { arn, request: given, timer: undefined };
    schedules.set(key, schedule);
    arm(key, schedule, 'at' in times ? times.at : times.from, times);
    return { ScheduleArn: arn };
  };

  return {
    answer: (method, url, body) => {
      const name = PATH.exec(url.pathname)?.[1];
      if (name === undefined)
        throw new SchedulerError('ValidationException', 400, `there is no ${url.pathname}`);
      const given = method === 'POST' || method === 'PUT' ? parsed(body) : undefined;
      const key = `${given?.GroupName ?? url.searchParams.get('groupName') ?? 'default'}/${name}`;
      if (given !== undefined) {
        if (method === 'PUT') find(key, name);
        else if (schedules.has(key))
          throw new SchedulerError('ConflictException', 409, `Schedule ${name} already exists.`);
        return put(key, name, given);
      }
      if (method === 'DELETE') {
        remove(key, name);
        return {};
      }
      const { arn, request: known } = find(key, name);
      return { Arn: arn, Name: name, State: 'ENABLED', ...known };
    },
    close: () => {
      for (const { timer } of schedules.values()) clearTimeout(timer);
      schedules.clear();
    },
  };
}

function parsed(body: string): Request {
  const result = v.safeParse(request, JSON.parse(body));
  if (result.success) return result.output;
  throw new SchedulerError(
    'ValidationException',
    400,
    result.issues.map(({ message }) => message).join('; '),
  );
}

/** A `rate()` without a start begins at once. @throws SchedulerError for what is no expression, or lies in the past */
function timesOf({ ScheduleExpression: expression, StartDate }: Request, now: number): Times {
  const [, at] = /^at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)$/.exec(expression) ?? [];
  const time = Date.parse(`${at}Z`);
  if (time > now) return { at: time };
  const [, value, unit = ''] = /^rate\(([1-9][0-9]*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const period = UNIT_MS[unit];
  if (period !== undefined)
    return { from: StartDate === undefined ? now : StartDate * 1000, every: Number(value) * period };
  throw new SchedulerError('ValidationException', 400, `Invalid Schedule Expression ${expression}.`);
}
