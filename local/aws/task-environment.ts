import type { ResolvedStacks } from './template.ts';

/** The part of a task definition that is read here. */
interface TaskDefinition {
  readonly ContainerDefinitions: readonly {
    readonly Name: string;
    readonly Environment?: readonly { readonly Name: string; readonly Value: string }[];
  }[];
}

/** The variables of the container of this name, as its task definition has them; undefined: there is none. */
export function environmentOfContainer(
  stacks: ResolvedStacks,
  name: string,
): Readonly<Record<string, string>> | undefined {
  for (const { properties } of stacks.resourcesOfType('AWS::ECS::TaskDefinition')) {
    const { ContainerDefinitions } = properties as unknown as TaskDefinition;
    const container = ContainerDefinitions.find((each) => each.Name === name);
    if (container === undefined) continue;
    return Object.fromEntries((container.Environment ?? []).map(({ Name, Value }) => [Name, Value]));
  }
  return undefined;
}
