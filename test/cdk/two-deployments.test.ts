import { Names } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { METRICS_VARIABLE } from '../../functions/environment-variables.ts';
import { ownApp, ownBmsc, ownStack, templateOf } from './own-stack.ts';
import { resources } from './templates.ts';

/** Properties by which AWS tells resources of an account and region, or of one parent, apart. */
const NAMING = /^(?:.*Name|Name|Names|BucketName|Alias.*|Id)$/;
/** Names of something within the resource's parent, or of something of AWS's own. */
const SHARED = new Set([
  'AWS::ApiGatewayV2::Stage StageName',
  'AWS::CloudWatch::Alarm MetricName',
  'AWS::EC2::VPCEndpoint ServiceName',
  'AWS::IAM::Policy PolicyName',
]);

/** Every name that a template gives a resource, as `type property value`. */
function namesOf(template: Template): string[] {
  const all: Record<string, { Type: string; Properties?: Record<string, unknown> }> =
    template.toJSON().Resources;
  return Object.values(all).flatMap(({ Type, Properties = {} }) =>
    Object.entries(Properties)
      .filter(([property]) => NAMING.test(property) && !SHARED.has(`${Type} ${property}`))
      // What CloudFormation names itself, or refers to, is told apart by its reference.
      .filter(([, value]) => typeof value === 'string')
      .map(([property, value]) => `${Type} ${property} ${value}`),
  );
}

/** What alarms and dashboards ask CloudWatch for, of this product's own metrics. */
function metricsOf(template: Template): string[] {
  const alarms = Object.values(resources(template, 'AWS::CloudWatch::Alarm'))
    .filter(({ Properties }) => Properties.Namespace === 'BMSC')
    .map(({ Properties }) => `${Properties.MetricName} ${JSON.stringify(Properties.Dimensions)}`);
  const dashboards = JSON.stringify(resources(template, 'AWS::CloudWatch::Dashboard'));
  return [...alarms, ...(dashboards.match(/\\"BMSC\\",[^\]]*/g) ?? [])];
}

/** The names of deployments in the environments of functions and senders. */
function deploymentsOf(template: Template): ReadonlySet<string> {
  const text = JSON.stringify(template.toJSON());
  const inFunctions = text.matchAll(new RegExp(`"${METRICS_VARIABLE.deployment}":"([^"]*)"`, 'g'));
  const inTasks = text.matchAll(new RegExp(`"Name":"${METRICS_VARIABLE.deployment}","Value":"([^"]*)"`, 'g'));
  return new Set([...inFunctions, ...inTasks].map(([, name = '']) => name));
}

function expectAllDifferent(names: readonly string[]): void {
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
}

test('two in one stack have nothing in common: resources, outputs, metrics, alarms, schedules', () => {
  const stack = ownStack();
  const first = ownBmsc(stack, 'Bmsc');
  const second = ownBmsc(stack, 'Second');
  const template = templateOf(stack);
  expectAllDifferent(namesOf(template));
  expect(deploymentsOf(template)).toEqual(new Set(['Own', 'Own-Second']));
  const metrics = metricsOf(template);
  expect(metrics.filter((text) => text.includes('Own-Second')).length).toBe(metrics.length / 2);
  expectAllDifferent(Object.values(resources(template, 'AWS::CloudWatch::Alarm')).map(alarmIdentity));
  const outputs = Object.keys(template.toJSON().Outputs);
  expect(outputs).toEqual(expect.arrayContaining(['KeyManagementUrl', 'SecondKeyManagementUrl']));
  expect(outputs.filter((name) => name.startsWith('Second'))).toHaveLength(outputs.length / 2);
  expect(Object.values(template.toJSON().Outputs).filter((output) => hasExport(output))).toEqual([]);
  expect(first.scheduleGroupName).not.toBe(second.scheduleGroupName);
});

test('two stacks of one account have no name in common, and only their own metrics', () => {
  const app = ownApp();
  const [staging, live] = ['Staging', 'Live'].map((name) => {
    const stack = ownStack(name, app);
    ownBmsc(stack);
    return stack;
  });
  if (staging === undefined || live === undefined) throw new Error('two stacks were made');
  const templates = [templateOf(staging), templateOf(live)];
  expectAllDifferent(templates.flatMap(namesOf));
  const [ofStaging, ofLive] = templates.map((template) => new Set(metricsOf(template)));
  expect([...(ofStaging ?? [])].filter((metric) => ofLive?.has(metric))).toEqual([]);
  expect(ofStaging?.size).toBeGreaterThan(15);
  expect(Names.uniqueId(staging)).not.toBe(Names.uniqueId(live));
});

test('outputs have the prefix that the operator gives', () => {
  const stack = ownStack();
  ownBmsc(stack, 'Bmsc', { outputPrefix: 'News' });
  templateOf(stack).hasOutput('NewsKeyManagementUrl', {});
});

const alarmIdentity = ({ Properties: { Namespace, MetricName, Dimensions, Metrics } }: Alarm): string =>
  JSON.stringify([Namespace, MetricName, Dimensions, Metrics]);
type Alarm = { readonly Properties: Readonly<Record<string, unknown>> };

function hasExport(output: unknown): boolean {
  return typeof output === 'object' && output !== null && 'Export' in output;
}
