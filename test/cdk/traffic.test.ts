import { Match } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { parseSettings } from '../../cdk/settings/index.ts';
import { METRICS_VARIABLE, TRAFFIC_VARIABLE } from '../../functions/environment-variables.ts';
import { parseEnvironment } from '../../functions/traffic/environment.ts';
import { resources, synthesize } from './templates.ts';

const STREAM = {
  serviceId: 'urn:example:news',
  keyGroup: '001-01/0001',
  mtks: { address: '239.255.0.1', port: 2269 },
};

interface TaskDefinition {
  readonly ContainerDefinitions: readonly {
    readonly Environment: readonly { readonly Name: string; readonly Value: string }[];
  }[];
}

test('there is no traffic key service unless a setting says so', () => {
  const { service } = synthesize({});
  expect(JSON.stringify(service.toJSON())).not.toContain(TRAFFIC_VARIABLE.streams);
});

test('the traffic key service reads MSKs, writes only its own items, and asks only for rotations', () => {
  const { service } = synthesize({ traffic: { streams: [STREAM] } });
  service.resourceCountIs('AWS::ECS::Service', 2);
  service.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: 'dynamodb:UpdateItem',
          Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['MTKS#*', 'TRAFFIC#*'] } },
        }),
        Match.objectLike({
          Action: 'events:PutEvents',
          Condition: Match.objectLike({ StringEquals: { 'events:detail-type': ['Rotate MSK'] } }),
        }),
      ]),
    },
  });
});

test('its container gets what it reads', () => {
  const { service } = synthesize({ traffic: { streams: [STREAM], desiredCount: 1 } });
  const tasks = Object.values(resources(service, 'AWS::ECS::TaskDefinition'));
  const variables = tasks.flatMap(({ Properties }) => {
    const { ContainerDefinitions } = Properties as unknown as TaskDefinition;
    return ContainerDefinitions.flatMap(({ Environment }) => Environment);
  });
  const { Value } = variables.find(({ Name }) => Name === TRAFFIC_VARIABLE.streams) ?? {};
  const [stream] = parseEnvironment({
    [TRAFFIC_VARIABLE.tableName]: 't',
    [TRAFFIC_VARIABLE.keyArn]: 'k',
    [TRAFFIC_VARIABLE.eventBusName]: 'b',
    [TRAFFIC_VARIABLE.streams]: Value,
  }).streams;
  expect(stream).toMatchObject({
    serviceId: STREAM.serviceId,
    keyGroup: { keyDomainId: '00f110', keyGroup: 1 },
    schedule: { repeatMs: 1000, announceMs: 3000, changeMs: 60_000, overlapMs: 0 },
    salt: true,
    mkiForm: 'msk-id+mtk-id',
  });
});

test('a wrong stream ends the synthesis with the name of the setting', () => {
  const streams = [{ ...STREAM, mtks: { address: 'news', port: 2269 } }];
  expect(() => parseSettings({ traffic: { streams } })).toThrow(/bmsc.traffic.streams.0.mtks.address/);
  expect(() => parseSettings({ traffic: { streams: [] } })).toThrow(/one stream or more/);
});

test('alarms watch it, and it counts by Key Domain where the setting says so', () => {
  const { service } = synthesize({ traffic: { streams: [STREAM] }, operations: { keyDomainMetrics: true } });
  const alarms = JSON.stringify(resources(service, 'AWS::CloudWatch::Alarm'));
  for (const name of ['MtkRangesSpent', 'MtkMessagesSent', 'TrafficFailures'])
    expect(alarms).toContain(`"MetricName":"${name}"`);
  const tasks = Object.values(resources(service, 'AWS::ECS::TaskDefinition')).map(({ Properties }) =>
    JSON.stringify(Properties),
  );
  const task = tasks.find((each) => each.includes(TRAFFIC_VARIABLE.streams));
  expect(task).toContain(`{"Name":"${METRICS_VARIABLE.byKeyDomain}","Value":"true"}`);
  const without = JSON.stringify(resources(synthesize({}).service, 'AWS::CloudWatch::Alarm'));
  expect(without).not.toContain('MtkRangesSpent');
  // Two syntheses.
}, 60_000);
