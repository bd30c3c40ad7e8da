import { DescribeServicesCommand, DescribeTaskDefinitionCommand, type ECSClient } from '@aws-sdk/client-ecs';

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

/** How many senders run; undefined: there is no such service. @throws the SDK's errors */
export async function loadSenderTasks(ecs: ECSClient, of: SenderService): Promise<SenderTasks | undefined> {
  const found = await describe(ecs, of);
  if (found === undefined) return undefined;
  const { runningCount: running = 0, pendingCount: pending = 0, desiredCount: desired = 0 } = found;
  return { running, pending, desired };
}

/**
 * The environment that the deployed task definition gives to the sender's container; undefined: there is no
 * such service. It names resources, and has no secret. @throws the SDK's errors
 */
export async function loadSenderEnvironment(
  ecs: ECSClient,
  of: SenderService,
): Promise<Readonly<Record<string, string>> | undefined> {
  const taskDefinition = (await describe(ecs, of))?.taskDefinition;
  if (taskDefinition === undefined) return undefined;
  const answer = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
  const [container] = answer.taskDefinition?.containerDefinitions ?? [];
  return Object.fromEntries((container?.environment ?? []).map(({ name = '', value = '' }) => [name, value]));
}

async function describe(ecs: ECSClient, { cluster, service }: SenderService) {
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  return services.find(({ status }) => status !== 'INACTIVE');
}
