import { randomUUID } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../cli/emulator/account.ts';
import { matchesPattern } from './event-pattern.ts';
import type { LocalFunctions } from './functions.ts';
import type { ResolvedStacks } from './template.ts';

/** An event as EventBridge hands it to targets. */
export interface BusEvent {
  readonly 'detail-type': string;
  readonly source: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A stand-in for EventBridge: the rules of the templates with their queues and functions, nothing more. */
export interface LocalEventBus {
  /** The PutEvents action: request and answer as in the API. */
  readonly putEvents: (request: unknown) => Promise<unknown>;
  readonly onEvent: (listener: (event: BusEvent) => void) => void;
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

/** Starts a bus with every rule of the stacks; a rule that can't be evaluated fails here, not later. */
export function createEventBus(
  stacks: ResolvedStacks,
  sqs: SQSClient,
  functions: LocalFunctions,
): LocalEventBus {
  const listeners: ((event: BusEvent) => void)[] = [];
  const busNames = new Set(
    stacks.resourcesOfType('AWS::Events::EventBus').map(({ physicalName }) => physicalName),
  );
  const queueUrls = new Map(stacks.resourcesOfType('AWS::SQS::Queue').map(({ arn, ref }) => [arn, ref]));
  const rules = stacks
    .resourcesOfType('AWS::Events::Rule')
    .map(({ properties }) => v.parse(rule, properties));
  for (const { EventPattern } of rules) matchesPattern(EventPattern, {});

  const accept = async (entry: v.InferOutput<typeof putEventsRequest>['Entries'][number]) => {
    const { Source, DetailType, Detail, EventBusName = 'default' } = entry;
    const detail = parseObject(Detail);
    if (!Source || !DetailType)
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Source and DetailType are required' };
    if (detail === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    if (!busNames.has(EventBusName))
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
    for (const { EventBusName: bus, EventPattern, Targets } of rules) {
      if (bus !== EventBusName || !matchesPattern(EventPattern, event)) continue;
      for (const { Arn } of Targets) {
        const QueueUrl = queueUrls.get(Arn);
        if (QueueUrl !== undefined)
          await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
        else functions.invokeLater(Arn, event);
      }
    }
    for (const listener of listeners) listener(event);
    return { EventId: event.id };
  };

  return {
    putEvents: async (request) => {
      const { Entries: entries } = v.parse(putEventsRequest, request);
      const results = [];
      for (const entry of entries) results.push(await accept(entry));
      return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
    },
    onEvent: (listener) => void listeners.push(listener),
  };
}

function parseObject(text = ''): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
