import { Validations } from 'aws-cdk-lib';
import { type ContainerDefinition, type FargateTaskDefinition, LogDrivers } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { TRACING_VARIABLE } from '../../functions/environment-variables.ts';
import type { Settings } from '../settings/index.ts';
import { namedImage } from './container-image.ts';

/** Where the collector in a task takes segments: the port of X-Ray's own daemon. */
const DAEMON = '127.0.0.1:2000';

/** A configuration in the image of the collector: segments and OTLP in, X-Ray out. */
const CONFIGURATION = '/etc/ecs/ecs-xray.yaml';

type Operations = Settings['operations'];

/** What a function needs to take part in traces, where the settings have them. */
export function tracingOf({ traces }: Operations, role: Role): { readonly tracing?: Tracing } {
  if (!traces) return {};
  acknowledgeTraces(role);
  return { tracing: Tracing.ACTIVE };
}

/**
 * Puts a collector beside a sender, where the settings have traces: the AWS Distro for OpenTelemetry. A
 * sender goes on without it.
 */
export function addTraceCollector(
  task: FargateTaskDefinition,
  sender: ContainerDefinition,
  { operations, logGroup }: { readonly operations: Operations; readonly logGroup: ILogGroup },
): void {
  if (!operations.traces) return;
  const scope = new Construct(task, 'Traces');
  task.addContainer('Collector', {
    image: namedImage(scope, operations.collectorImage, undefined),
    command: [`--config=${CONFIGURATION}`],
    essential: false,
    memoryReservationMiB: 64,
    readonlyRootFilesystem: true,
    logging: LogDrivers.awsLogs({ streamPrefix: 'collector', logGroup }),
  });
  sender.addEnvironment(TRACING_VARIABLE.daemonAddress, DAEMON);
  task.addToTaskRolePolicy(
    new PolicyStatement({
      actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      // X-Ray knows no resources for them.
      resources: ['*'],
    }),
  );
  acknowledgeTraces(task.taskRole);
}

function acknowledgeTraces(role: Construct | FargateTaskDefinition['taskRole']): void {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'xray:PutTraceSegments and xray:PutTelemetryRecords know no resources.',
  });
}
