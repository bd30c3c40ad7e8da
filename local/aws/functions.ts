import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { LocalLambda } from './lambda.ts';
import type { ResolvedStacks } from './template.ts';

/** The Lambda functions of the local system by their ARNs. */
export interface LocalFunctions {
  readonly add: (arn: string, lambda: Pick<LocalLambda, 'invoke'>) => void;
  /** @throws Error what the handler threw, or that there is no such function */
  readonly invoke: (arn: string, event: unknown) => Promise<unknown>;
  /** As events are handed on: returns at once, tries again, and puts what can't be handled with the dead letters. */
  readonly invokeLater: (arn: string, event: unknown) => void;
}

const deadLetters = v.optional(v.object({ TargetArn: v.string() }));
const invokeConfig = v.object({ FunctionName: v.string(), MaximumRetryAttempts: v.optional(v.number(), 2) });

/** The pause before an event is tried again, in ms. Lambda waits a minute. */
const PAUSE_MS = 250;

/** No functions yet; retries and dead-letter queues are as the stacks have them. */
export function createFunctions(stacks: ResolvedStacks, sqs: SQSClient): LocalFunctions {
  const functions = new Map<string, Pick<LocalLambda, 'invoke'>>();
  const queueUrls = new Map(stacks.resourcesOfType('AWS::SQS::Queue').map(({ arn, ref }) => [arn, ref]));
  const retries = new Map(
    stacks
      .resourcesOfType('AWS::Lambda::EventInvokeConfig')
      .map(({ properties }) => v.parse(invokeConfig, properties))
      .map(({ FunctionName, MaximumRetryAttempts }) => [FunctionName, MaximumRetryAttempts]),
  );
  const resources = new Map(stacks.resourcesOfType('AWS::Lambda::Function').map((each) => [each.arn, each]));

  const invoke = async (arn: string, event: unknown) => {
    const lambda = functions.get(arn);
    if (lambda === undefined) throw new Error(`there is no function ${arn}`);
    return lambda.invoke(event);
  };

  const tryAgain = async (arn: string, event: unknown) => {
    const resource = resources.get(arn);
    const attempts = 1 + (retries.get(resource?.ref ?? '') ?? 2);
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
      try {
        await invoke(arn, event);
        return;
      } catch {
        // The handler has logged it.
      }
    }
    const QueueUrl = queueUrls.get(
      v.parse(deadLetters, resource?.properties.DeadLetterConfig)?.TargetArn ?? '',
    );
    if (QueueUrl !== undefined)
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
  };

  return {
    add: (arn, lambda) => void functions.set(arn, lambda),
    invoke,
    // The system may be closing: then the queue is gone too.
    invokeLater: (arn, event) => void tryAgain(arn, event).catch(() => undefined),
  };
}
