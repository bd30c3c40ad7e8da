import { setTimeout as delay } from 'node:timers/promises';
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateListStackResources,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';

/** Stacks of a deployment with default settings, in the order in which they can be deleted. */
export const STACKS = ['BmscService', 'BmscData'] as const;

const DELETE_MS = 60_000;

/** The outputs of a stack. */
export async function outputsOf(stack: string): Promise<Readonly<Record<string, string>>> {
  const { Stacks = [] } = await new CloudFormationClient({}).send(
    new DescribeStacksCommand({ StackName: stack }),
  );
  return Object.fromEntries(
    (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
}

/** The environment that the deployed task definition gives to the sender's container. */
export async function senderEnvironment(): Promise<Readonly<Record<string, string>>> {
  const taskDefinition = await physicalId('AWS::ECS::TaskDefinition');
  const { taskDefinition: described } = await new ECSClient({}).send(
    new DescribeTaskDefinitionCommand({ taskDefinition }),
  );
  const [container] = described?.containerDefinitions ?? [];
  return Object.fromEntries((container?.environment ?? []).map(({ name = '', value = '' }) => [name, value]));
}

/** Takes the protection away that a stack whose data are retained has. */
export async function allowDeletion(): Promise<void> {
  const client = new CloudFormationClient({});
  for (const StackName of STACKS)
    await client.send(
      new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
    );
}

/** Deletes both stacks and waits until they are gone. @throws Error when one stays */
export async function destroyStacks(): Promise<void> {
  const client = new CloudFormationClient({});
  for (const StackName of STACKS) {
    await client.send(new DeleteStackCommand({ StackName }));
    const deadline = Date.now() + DELETE_MS;
    while (await exists(client, StackName)) {
      if (Date.now() > deadline) throw new Error(`stack ${StackName} was not deleted`);
      await delay(200);
    }
  }
}

async function exists(client: CloudFormationClient, StackName: string): Promise<boolean> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    return Stacks.some(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  } catch {
    return false;
  }
}

async function physicalId(type: string): Promise<string> {
  const pages = paginateListStackResources(
    { client: new CloudFormationClient({}) },
    { StackName: STACKS[0] },
  );
  for await (const { StackResourceSummaries = [] } of pages) {
    const found = StackResourceSummaries.find(({ ResourceType }) => ResourceType === type);
    if (found?.PhysicalResourceId !== undefined) return found.PhysicalResourceId;
  }
  throw new Error(`stack ${STACKS[0]} has no ${type}`);
}
