import * as v from 'valibot';
import { type AwsCall, AwsRefusal } from './aws-call.ts';

/** The ECS service that runs senders. */
export interface SenderService {
  readonly cluster: string;
  readonly service: string;
}

/** How many senders run, and how many should. */
export interface SenderTasks {
  readonly running: number;
  readonly pending: number;
  readonly desired: number;
}

const count = v.optional(v.number(), 0);
const servicesAnswer = v.object({
  services: v.array(
    v.object({
      status: v.optional(v.string()),
      runningCount: count,
      pendingCount: count,
      desiredCount: count,
      taskDefinition: v.optional(v.string()),
    }),
  ),
});
const taskAnswer = v.object({
  taskDefinition: v.object({
    containerDefinitions: v.array(
      v.object({ environment: v.optional(v.array(v.object({ name: v.string(), value: v.string() })), []) }),
    ),
  }),
});
const refusal = v.object({ __type: v.string() });

/** How many senders run; undefined: there is no such service. @throws AwsRefusal, Error */
export async function loadSenderTasks(call: AwsCall, of: SenderService): Promise<SenderTasks | undefined> {
  const found = await describe(call, of);
  if (found === undefined) return undefined;
  const { runningCount: running, pendingCount: pending, desiredCount: desired } = found;
  return { running, pending, desired };
}

/**
 * The environment that the deployed task definition gives to the sender's container; undefined: there is no
 * such service. It names resources, and has no secret. @throws AwsRefusal, Error
 */
export async function loadSenderEnvironment(
  call: AwsCall,
  of: SenderService,
): Promise<Readonly<Record<string, string>> | undefined> {
  const taskDefinition = (await describe(call, of))?.taskDefinition;
  if (taskDefinition === undefined) return undefined;
  const answer = await ask(call, 'DescribeTaskDefinition', { taskDefinition }, taskAnswer);
  const [container] = answer.taskDefinition.containerDefinitions;
  return Object.fromEntries((container?.environment ?? []).map(({ name, value }) => [name, value]));
}

async function describe(call: AwsCall, { cluster, service }: SenderService) {
  const { services } = await ask(call, 'DescribeServices', { cluster, services: [service] }, servicesAnswer);
  return services.find(({ status }) => status !== 'INACTIVE');
}

async function ask<const Schema extends v.GenericSchema>(
  call: AwsCall,
  action: string,
  input: object,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const { isOk, text } = await call({
    service: 'ecs',
    host: 'ecs',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonEC2ContainerServiceV20141113.${action}`,
    },
    body: JSON.stringify(input),
  });
  if (isOk) return v.parse(v.pipe(v.string(), v.parseJson(), schema), text);
  const refused = v.safeParse(v.pipe(v.string(), v.parseJson(), refusal), text);
  const name = refused.success ? refused.output.__type.replace(/^.*#/, '') : 'UnknownAnswer';
  throw new AwsRefusal(name, `ECS refuses ${action}: ${name}`);
}
