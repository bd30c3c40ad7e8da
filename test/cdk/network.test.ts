import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import type { SettingsInput } from '../../cdk/settings/index.ts';
import { resources, synthesize } from './templates.ts';

type NetworkInput = Extract<SettingsInput['network'], { type: 'new' }>;

const withNetwork = (network: Omit<NetworkInput, 'type'>, others: SettingsInput = {}): Template =>
  synthesize({ ...others, network: { type: 'new', ...network } }).service;

/** Kinds of the endpoints, by the last part of the service's name. */
function endpointsOf(template: Template): string[] {
  return Object.values(resources(template, 'AWS::EC2::VPCEndpoint'))
    .map(({ Properties }) => /"\.([^"]+)"\]/.exec(JSON.stringify(Properties.ServiceName))?.[1] ?? '')
    .sort();
}

/** What a service is created after. */
function awaitedBy(template: Template, service: string): readonly string[] {
  const found = Object.entries(resources(template, 'AWS::ECS::Service')).find(([id]) =>
    id.startsWith(service),
  );
  return found?.[1].DependsOn ?? [];
}

const FREE = ['dynamodb', 's3'];
const ALL = [...FREE, 'ecr.api', 'ecr.dkr', 'events', 'kms', 'logs', 'sqs'].sort();

describe('endpoints that are paid for stand only where there is no other way to AWS', () => {
  test.each<[string, Template, string[]]>([
    ['public addresses', withNetwork({}), FREE],
    ['a NAT gateway', withNetwork({ ueRouting: 'nat-gateway' }), FREE],
    ['private routing', withNetwork({ ueRouting: 'private' }), ALL],
    [
      'public addresses and a function in the VPC, which has none',
      withNetwork({}, { keySource: { bsf: { apiRoot: 'https://bsf.example' }, inVpc: true } }),
      [...ALL, 'secretsmanager'].sort(),
    ],
    ['the setting', withNetwork({ endpoints: true }), ALL],
  ])('with %s', (_name, template, expected) => {
    expect(endpointsOf(template)).toEqual(expected);
  });
});

describe('the sender starts when it can reach AWS', () => {
  test.each([
    ['public-address', /DefaultRoute[0-9A-F]{8}$/],
    ['nat-gateway', /NatSubnet1NATGateway/],
    ['private', /VpcImageRegistry/],
  ] as const)('%s: after the routes, the gateways and the endpoints with their rules', (ueRouting, last) => {
    const template = withNetwork({ ueRouting });
    const awaited = awaitedBy(template, 'BmscKeyDistribution');
    expect(awaited.some((id) => last.test(id))).toBe(true);
    const way = ['Route', 'VPCEndpoint', 'NatGateway', 'SubnetRouteTableAssociation', 'VPCGatewayAttachment'];
    for (const type of way)
      for (const id of Object.keys(resources(template, `AWS::EC2::${type}`))) expect(awaited).toContain(id);
    for (const id of Object.keys(resources(template, 'AWS::EC2::SecurityGroupIngress')))
      expect(awaited).toContain(id);
  });

  test('the Zn service, too', () => {
    const { service } = synthesize({
      keySource: { zn: { realm: 'a.b', peers: [{ identity: 'c.b', address: 'c.b' }] }, inVpc: true },
    });
    for (const id of Object.keys(resources(service, 'AWS::EC2::VPCEndpoint')).filter(
      (id) => !/Secrets/.test(id),
    ))
      expect(awaitedBy(service, 'BmscZn')).toContain(id);
  });
});

describe('a new VPC', () => {
  const zonesOf = (template: Template) =>
    Object.values(resources(template, 'AWS::EC2::Subnet')).map(
      ({ Properties }) => Properties.AvailabilityZone,
    );

  test('stands in the zones that are named', () => {
    const availabilityZones = ['us-east-1b', 'us-east-1d', 'us-east-1f'];
    expect(zonesOf(withNetwork({ availabilityZones }))).toEqual(availabilityZones);
  });

  test('has a NAT gateway for all zones, or one in each', () => {
    const gatewaysOf = (natGateways?: 'one' | 'per-zone') => {
      const template = withNetwork({ ueRouting: 'nat-gateway', ...(natGateways && { natGateways }) });
      const addresses = template.toJSON().Outputs.NatAddresses.Value;
      return [
        Object.keys(resources(template, 'AWS::EC2::NatGateway')).length,
        JSON.stringify(addresses).split('PublicIp').length - 1,
      ];
    };
    expect([gatewaysOf(), gatewaysOf('one'), gatewaysOf('per-zone')]).toEqual([
      [1, 1],
      [1, 1],
      [2, 2],
    ]);
  });
});

test('outputs name all that an operator must look up', () => {
  const template = withNetwork({ ueRouting: 'nat-gateway' });
  const outputs: Record<string, { Value: unknown }> = template.toJSON().Outputs;
  expect(Object.keys(outputs).sort()).toMatchInlineSnapshot(`
    [
      "AccessLogGroup",
      "AlarmTopicArn",
      "ClusterName",
      "CommandSource",
      "DashboardUrl",
      "DeadLetterQueueUrl",
      "EncryptionKeyArn",
      "EventBusArn",
      "EventBusName",
      "KeyDomains",
      "KeyManagementUrl",
      "KeyRequestLogGroup",
      "KeyRotationLogGroup",
      "NatAddresses",
      "NonceSecretArn",
      "OriginSecretArn",
      "ProvisioningLogGroup",
      "QueueUrl",
      "RuleDeadLetterQueueUrl",
      "ScheduleGroupName",
      "ScheduleRoleArn",
      "SenderLogGroup",
      "SenderRouteTableIds",
      "SenderSecurityGroupId",
      "SenderServiceName",
      "SenderSubnetIds",
      "TableName",
      "UeAddressFamilies",
      "VpcId",
    ]
  `);
  expect(JSON.stringify(outputs.SenderRouteTableIds)).toContain('SenderSubnet2RouteTable');
  expect(JSON.stringify(outputs.DashboardUrl)).toMatch(/console\.aws\.amazon\.com.*dashboards:name=/);
});
