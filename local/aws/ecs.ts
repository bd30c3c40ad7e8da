import { AwsError } from './aws-error.ts';
import type { ResolvedStacks } from './template.ts';

/** The Fargate service of the sender, as far as ECS tells of it. It starts nothing itself. */
export class LocalEcs {
  readonly #stacks: ResolvedStacks;
  #runningCount = 0;

  constructor(stacks: ResolvedStacks) {
    this.#stacks = stacks;
  }

  /** Senders that run: those of the local system. */
  set runningCount(count: number) {
    this.#runningCount = count;
  }

  /** @throws AwsError */
  answer(action: string): unknown {
    const { ref: taskDefinitionArn, properties } = this.#stacks.onlyResource('AWS::ECS::TaskDefinition');
    switch (action) {
      case 'DescribeServices':
        return {
          services: [
            {
              status: 'ACTIVE',
              desiredCount: 1,
              runningCount: this.#runningCount,
              pendingCount: 0,
              taskDefinition: taskDefinitionArn,
            },
          ],
        };
      case 'DescribeTaskDefinition':
        return {
          taskDefinition: { taskDefinitionArn, containerDefinitions: containersOf(properties) },
        };
      default:
        throw new AwsError('UnknownOperationException', `the local system has no ECS ${action}`);
    }
  }
}

function containersOf(properties: Readonly<Record<string, unknown>>): unknown {
  const { ContainerDefinitions } = properties as {
    ContainerDefinitions: { Name: string; Environment: { Name: string; Value: string }[] }[];
  };
  return ContainerDefinitions.map(({ Name, Environment }) => ({
    name: Name,
    environment: Environment.map(({ Name: name, Value: value }) => ({ name, value })),
  }));
}
