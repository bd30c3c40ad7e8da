import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../cdk/settings/index.ts';
import { TRACING_VARIABLE } from '../../functions/environment-variables.ts';
import { resources, synthesize } from './templates.ts';

interface Container {
  readonly Name: string;
  readonly Image: unknown;
  readonly Essential: boolean;
  readonly Command?: readonly string[];
  readonly Environment?: readonly { readonly Name: string; readonly Value: unknown }[];
}

function senderTask(service: Template): readonly Container[] {
  const tasks = Object.values(resources(service, 'AWS::ECS::TaskDefinition'));
  return tasks.flatMap(({ Properties }) => Properties.ContainerDefinitions as readonly Container[]);
}

/** The functions of the product, by whether they are traced. */
function functionsOf(service: Template) {
  return Object.values(resources(service, 'AWS::Lambda::Function'))
    .filter(({ Properties }) => String(Properties.Description).startsWith('BM-SC'))
    .map(({ Properties }) => ({
      mode: (Properties.TracingConfig as { Mode?: string } | undefined)?.Mode,
      variable: (Properties.Environment as { Variables: Record<string, unknown> }).Variables[
        TRACING_VARIABLE.traces
      ],
    }));
}

describe('traces', () => {
  test('are off by default, and then leave nothing in the templates', () => {
    const { service, text } = synthesize();
    expect(functionsOf(service)).toEqual(Array(3).fill({ mode: undefined, variable: undefined }));
    expect(senderTask(service).map(({ Name }) => Name)).toEqual(['Sender']);
    expect(text).not.toMatch(/xray|XRAY|otel/);
  });

  test('are made by all functions, and sent to a collector beside the sender, which goes on without it', () => {
    const { service, text } = synthesize({ operations: { traces: true } });
    expect(functionsOf(service)).toEqual(Array(3).fill({ mode: 'Active', variable: 'true' }));
    const [sender, collector] = senderTask(service);
    expect(sender?.Environment).toContainEqual({
      Name: TRACING_VARIABLE.daemonAddress,
      Value: '127.0.0.1:2000',
    });
    expect(collector).toMatchObject({
      Image: 'public.ecr.aws/aws-observability/aws-otel-collector:v0.48.0',
      Command: ['--config=/etc/ecs/ecs-xray.yaml'],
      Essential: false,
      ReadonlyRootFilesystem: true,
    });
    // Three functions and the sender may write traces, and read none.
    expect(text.match(/xray:PutTraceSegments/g)).toHaveLength(4);
    expect(text).not.toMatch(/xray:(Get|Batch)/);
  });

  test('reach X-Ray by an endpoint where a network has no other way, and the image comes from ECR', () => {
    const network = { type: 'new', ueRouting: 'private' } as const;
    expect(() => parseSettings({ network, operations: { traces: true } })).toThrow(
      'setting "bmsc.operations.collectorImage": one in ECR',
    );
    const collectorImage = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/collector:v1';
    const image = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/sender:v1';
    const operations = { traces: true, collectorImage };
    const { service, text } = synthesize({ network, operations, sender: { image } });
    const endpoints = Object.values(resources(service, 'AWS::EC2::VPCEndpoint'));
    expect(JSON.stringify(endpoints)).toContain('.xray"');
    expect(text).toContain(':repository/collector');
  });
});
