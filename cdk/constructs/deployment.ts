import { Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';

const NAME = 'bmsc:deployment-name';

/** How a deployment is told from the others in its stack. */
export interface Deployment {
  /** Its name in metrics: that of its stack, and its path where the stack has another one before it. */
  readonly name: string;
  /** What stands before the name of each of its outputs; empty for the first one of a stack. */
  readonly outputPrefix: string;
}

/**
 * Names a deployment, for all that stands below its construct. The first one of a stack has the stack's own
 * name, and outputs without a prefix; each further one has its path in both.
 * @param others the deployments that the stack has had before
 */
export function nameDeployment(scope: Construct, others: readonly IConstruct[], prefix?: string): Deployment {
  const stack = Stack.of(scope);
  const isFirst = !others.some((other) => other !== scope && Stack.of(other) === stack);
  const outputPrefix = prefix ?? (isFirst ? '' : pathOf(scope));
  return { name: rememberName(scope, stack.stackName, outputPrefix), outputPrefix };
}

/** Names a deployment that stands elsewhere as it has named itself. */
export function rememberName(scope: Construct, stackName: string, outputPrefix: string): string {
  const name = outputPrefix === '' ? stackName : `${stackName}-${outputPrefix}`;
  scope.node.setContext(NAME, name);
  return name;
}

/** The name of the deployment that a construct belongs to: by itself, that of its stack. */
export function deploymentOf(scope: Construct): string {
  return scope.node.tryGetContext(NAME) ?? Stack.of(scope).stackName;
}

/** The construct's IDs from its stack on, as a name of outputs may have them: letters and digits. */
function pathOf(scope: Construct): string {
  const path = scope.node.path.slice(Stack.of(scope).node.path.length);
  return path.replace(/[^A-Za-z0-9]/g, '');
}
