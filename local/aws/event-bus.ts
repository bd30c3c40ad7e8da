import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../cli/emulator/account.ts';
import { AwsError } from './aws-error.ts';
import { matchesPattern } from './event-pattern.ts';
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
      }),
    ),
    v.minLength(1),
    v.maxLength(10),
  ),
});
const rule = v.object({
  EventBusName: v.string(),
  EventPattern: v.unknown(),
  Targets: v.array(v.object({ Arn: v.string() })),
});

type Entry = v.InferOutput<typeof putEventsRequest>['Entries'][number];

/** A stand-in for EventBridge: the rules of the templates with their queues and functions, nothing more. */
export class LocalEventBus {
  readonly #sqs: LocalSqs;
  readonly #functions: LocalFunctions;
  readonly #busNames: ReadonlySet<string>;
  readonly #rules: readonly v.InferOutput<typeof rule>[];
  readonly #listeners: ((event: BusEvent) => void)[] = [];

  /** @throws EventPatternError for a rule that can't be evaluated: here, not when an event comes */
  constructor(stacks: ResolvedStacks, sqs: LocalSqs, functions: LocalFunctions) {
    this.#sqs = sqs;
    this.#functions = functions;
    this.#busNames = new Set(
      stacks.resourcesOfType('AWS::Events::EventBus').map(({ physicalName }) => physicalName),
    );
    this.#rules = stacks
      .resourcesOfType('AWS::Events::Rule')
      .map(({ properties }) => v.parse(rule, properties));
    for (const { EventPattern } of this.#rules) matchesPattern(EventPattern, {});
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

  #accept({ Source, DetailType, Detail, EventBusName = 'default' }: Entry) {
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
    this.#deliver(EventBusName, event);
    return { EventId: event.id };
  }

  #deliver(busName: string, event: BusEvent): void {
    for (const { EventBusName, EventPattern, Targets } of this.#rules) {
      if (EventBusName !== busName || !matchesPattern(EventPattern, event)) continue;
      for (const { Arn } of Targets) {
        if (this.#sqs.has(Arn)) this.#sqs.send(Arn, JSON.stringify(event));
        else this.#functions.invokeLater(Arn, event);
      }
    }
    for (const listener of this.#listeners) listener(event);
  }
}

function parseObject(text = ''): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
