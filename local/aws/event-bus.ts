import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../cli/emulator/account.ts';
import { AwsError } from './aws-error.ts';
import { compileEventPattern, type EventMatcher } from './event-pattern.ts';
import type { LocalFunctions } from './functions.ts';
import type { LocalSqs } from './sqs.ts';
import type { ResolvedStacks } from './template.ts';

/** An event as EventBridge gives it to targets. */
export interface BusEvent {
  readonly 'detail-type': string;
  readonly source: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const putEventsRequest = v.object({
  Entries: v.pipe(
    v.array(
      v.object({
        Source: v.optional(v.string()),
        DetailType: v.optional(v.string()),
        Detail: v.optional(v.string()),
        EventBusName: v.optional(v.string()),
        TraceHeader: v.optional(v.string()),
      }),
    ),
    v.minLength(1),
    v.maxLength(10),
  ),
});
/** A path through objects, as in `$.detail.keyDomainId`. */
const inputPath = v.pipe(v.string(), v.regex(/^\$(\.[\w-]+)*$/, 'the local bus has no such InputPath'));

/** Strict: what a target asks for and does not get here would be found out on AWS. */
const target = v.strictObject({
  Arn: v.string(),
  Id: v.optional(v.string()),
  RoleArn: v.optional(v.unknown()),
  /** Has no use here: a function or a queue is always reached. */
  DeadLetterConfig: v.optional(v.unknown()),
  RetryPolicy: v.optional(v.unknown()),
  Input: v.optional(v.string()),
  InputPath: v.optional(inputPath),
});
const rule = v.object({
  EventBusName: v.string(),
  EventPattern: v.unknown(),
  State: v.optional(v.picklist(['ENABLED', 'DISABLED']), 'ENABLED'),
  Targets: v.array(target),
});

/** A rule that a rate of minutes calls, the only schedule that a deployment has. */
const scheduledRule = v.object({
  ScheduleExpression: v.pipe(
    v.string(),
    v.regex(/^rate\(\d+ minutes?\)$/, 'the local bus has no such schedule'),
    v.transform((text) => Number.parseInt(text.slice('rate('.length), 10)),
  ),
  Targets: v.array(target),
});

/** A rule of the templates that is enabled. */
interface Rule {
  readonly busName: string;
  readonly matches: EventMatcher;
  readonly targets: readonly v.InferOutput<typeof target>[];
}

type Entry = v.InferOutput<typeof putEventsRequest>['Entries'][number];

/** A stand-in for EventBridge: the rules of the templates with their queues and functions, nothing more. */
export class LocalEventBus {
  readonly #sqs: LocalSqs;
  readonly #functions: LocalFunctions;
  readonly #busNames: ReadonlySet<string>;
  readonly #rules: readonly Rule[];
  readonly #schedules: readonly NodeJS.Timeout[];
  readonly #listeners: ((event: BusEvent) => void)[] = [];

  /** @throws EventPatternError, ValiError for a rule that can't be followed: here, not when an event comes */
  constructor(stacks: ResolvedStacks, sqs: LocalSqs, functions: LocalFunctions) {
    this.#sqs = sqs;
    this.#functions = functions;
    this.#busNames = new Set(
      stacks.resourcesOfType('AWS::Events::EventBus').map(({ physicalName }) => physicalName),
    );
    this.#rules = stacks
      .resourcesOfType('AWS::Events::Rule')
      .filter(({ properties }) => properties.ScheduleExpression === undefined)
      .map(({ properties }) => v.parse(rule, properties))
      .filter(({ State }) => State === 'ENABLED')
      .map(({ EventBusName, EventPattern, Targets }) => ({
        busName: EventBusName,
        matches: compileEventPattern(EventPattern),
        targets: Targets,
      }));
    this.#schedules = this.#startSchedules(stacks);
  }

  /** Calls the targets of the rules that have a schedule, each at its rate. */
  #startSchedules(stacks: ResolvedStacks): NodeJS.Timeout[] {
    return stacks
      .resourcesOfType('AWS::Events::Rule')
      .filter(({ properties }) => properties.ScheduleExpression !== undefined)
      .map(({ properties }) => v.parse(scheduledRule, properties))
      .map(({ ScheduleExpression: minutes, Targets }) => {
        const call = () => {
          for (const { Arn } of Targets) this.#functions.invokeLater(Arn, { source: 'aws.events' });
        };
        return setInterval(call, minutes * 60_000).unref();
      });
  }

  close(): void {
    for (const schedule of this.#schedules) clearInterval(schedule);
  }

  /** Answers the only action that it has, in its JSON. @throws AwsError */
  answer(action: string, request: unknown): unknown {
    if (action === 'PutEvents') return this.putEvents(request);
    throw new AwsError('UnknownOperationException', `the local system's EventBridge has no ${action}`);
  }

  /** The PutEvents action: request and answer as in the API. */
  putEvents(request: unknown): unknown {
    const results = v.parse(putEventsRequest, request).Entries.map((entry) => this.#accept(entry));
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  }

  onEvent(listener: (event: BusEvent) => void): void {
    this.#listeners.push(listener);
  }

  #accept({ Source, DetailType, Detail, EventBusName = 'default', TraceHeader }: Entry) {
    const detail = parseObject(Detail);
    if (!Source || !DetailType)
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Source and DetailType are required' };
    if (detail === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    if (!this.#busNames.has(EventBusName))
      return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: `no bus ${EventBusName}` };
    const event = {
      version: '0',
      id: randomUUID(),
      'detail-type': DetailType,
      source: Source,
      account: LOCAL_ACCOUNT,
      time: new Date().toISOString(),
      region: LOCAL_REGION,
      resources: [],
      detail,
    };
    this.#deliver(EventBusName, event, TraceHeader);
    return { EventId: event.id };
  }

  /** The trace goes with the event to its targets, and is no part of it. */
  #deliver(busName: string, event: BusEvent, traceHeader: string | undefined): void {
    for (const { busName: ofRule, matches, targets } of this.#rules) {
      if (ofRule !== busName || !matches(event)) continue;
      for (const each of targets) {
        const input = inputOf(each, event);
        if (this.#sqs.has(each.Arn)) this.#sqs.send(each.Arn, JSON.stringify(input), traceHeader);
        else this.#functions.invokeLater(each.Arn, input, traceHeader);
      }
    }
    for (const listener of this.#listeners) listener(event);
  }
}

/** What a target gets of an event. */
function inputOf({ Input, InputPath }: v.InferOutput<typeof target>, event: BusEvent): unknown {
  if (Input !== undefined) return JSON.parse(Input);
  const names = InputPath?.split('.').slice(1) ?? [];
  return names.reduce<unknown>((value, name) => fieldOf(value, name), event) ?? {};
}

function fieldOf(value: unknown, name: string): unknown {
  const fields = typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
  return fields?.get(name);
}

function parseObject(text = ''): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
