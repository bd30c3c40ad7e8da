import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import type { BmscKeyManagementProps } from '../../cdk/constructs/bmsc-key-management-props.ts';
import { ownBmsc, ownStack, templateOf } from './own-stack.ts';
import { resources } from './templates.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const TABLE_ARN = 'arn:aws:dynamodb:eu-west-1:111111111111:table/restored';
const KEY_ARN = 'arn:aws:kms:eu-west-1:111111111111:key/0a1b2c3d-0000-4000-8000-000000000000';

const STREAM = {
  serviceId: 'urn:example:news',
  keyGroup: '001-01/0001',
  mtks: { address: '239.255.0.1', port: 2269 },
};

/** Constructs of an operator's platform. */
function platformOf(stack: Stack) {
  const vpc = new Vpc(stack, 'PlatformVpc', { restrictDefaultSecurityGroup: false });
  const encryptionKey = Key.fromKeyArn(stack, 'PlatformKey', KEY_ARN);
  return {
    vpc,
    cluster: new Cluster(stack, 'PlatformCluster', { vpc }),
    eventBus: new EventBus(stack, 'PlatformBus'),
    alarmTopic: new Topic(stack, 'PlatformTopic'),
    table: Table.fromTableAttributes(stack, 'Restored', { tableArn: TABLE_ARN, encryptionKey }),
    senderImage: ContainerImage.fromRegistry(`ghcr.io/operator/bmsc-sender@${DIGEST}`),
    logRetention: RetentionDays.TWO_YEARS,
  } satisfies BmscKeyManagementProps;
}

test("the BM-SC stands on an operator's own VPC, cluster, bus, topic, table, key and image", () => {
  const stack = ownStack();
  ownBmsc(stack, 'Bmsc', platformOf(stack));
  const template = templateOf(stack);
  const made = (type: string) => Object.keys(resources(template, type));
  for (const type of ['VPC', 'NatGateway'])
    for (const id of made(`AWS::EC2::${type}`)) expect(id).toMatch(/^PlatformVpc/);
  expect(made('AWS::EC2::VPCEndpoint')).toEqual([]);
  for (const type of ['AWS::ECS::Cluster', 'AWS::Events::EventBus', 'AWS::SNS::Topic'])
    expect(made(type).filter((id) => !id.startsWith('Platform'))).toEqual([]);
  for (const type of ['AWS::DynamoDB::Table', 'AWS::KMS::Key']) expect(made(type)).toEqual([]);
  expect(JSON.stringify(resources(template, 'AWS::ECS::TaskDefinition'))).toContain(DIGEST);
  for (const { Properties } of Object.values(resources(template, 'AWS::Logs::LogGroup')))
    expect(Properties.RetentionInDays).toBe(731);
  for (const { Properties } of Object.values(resources(template, 'AWS::Events::Rule')))
    expect(JSON.stringify(Properties.EventBusName)).toContain('PlatformBus');
  for (const { Properties } of Object.values(resources(template, 'AWS::CloudWatch::Alarm')))
    expect(JSON.stringify(Properties.AlarmActions)).toContain('PlatformTopic');
  template.hasOutput('TableName', { Value: 'restored' });
  template.hasOutput('EncryptionKeyArn', { Value: KEY_ARN });
});

test('the traffic key service runs the image that it is given', () => {
  const stack = ownStack();
  const image = `ghcr.io/operator/bmsc-traffic@${DIGEST}`;
  ownBmsc(stack, 'Bmsc', {
    trafficImage: ContainerImage.fromRegistry(image),
    settings: { traffic: { streams: [STREAM] } },
  });
  expect(JSON.stringify(resources(templateOf(stack), 'AWS::ECS::TaskDefinition'))).toContain(image);
});

test("the sender's subnets are the public ones of the VPC, or those that the operator chooses", () => {
  const stack = ownStack();
  const vpc = new Vpc(stack, 'PlatformVpc', { restrictDefaultSecurityGroup: false });
  ownBmsc(stack, 'Open', { vpc });
  ownBmsc(stack, 'Chosen', { vpc, vpcSubnets: { subnets: vpc.privateSubnets } });
  const services = Object.entries(resources(templateOf(stack), 'AWS::ECS::Service'));
  const subnetsOf = (id: string) =>
    JSON.stringify(services.find(([name]) => name.startsWith(id))?.[1].Properties.NetworkConfiguration);
  expect(subnetsOf('Open')).toContain('PlatformVpcPublicSubnet1');
  expect(subnetsOf('Chosen')).toContain('PlatformVpcPrivateSubnet1');
});

test('a replica of a global table serves as the table', () => {
  const stack = ownStack();
  const encryptionKey = Key.fromKeyArn(stack, 'Key', KEY_ARN);
  const table = TableV2.fromTableAttributes(stack, 'Replica', { tableArn: TABLE_ARN, encryptionKey });
  ownBmsc(stack, 'Bmsc', { table });
  templateOf(stack).hasOutput('TableName', { Value: 'restored' });
});

test('a permission boundary reaches each role of the construct', () => {
  const stack = ownStack();
  const bmsc = ownBmsc(stack, 'Bmsc');
  const arn = 'arn:aws:iam::111111111111:policy/boundary';
  PermissionsBoundary.of(bmsc).apply(ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', arn));
  const roles = Object.values(resources(templateOf(stack), 'AWS::IAM::Role'));
  expect(roles.length).toBeGreaterThan(4);
  for (const { Properties } of roles) expect(Properties.PermissionsBoundary).toBe(arn);
});

describe('properties that contradict are refused by their name', () => {
  const cases: readonly (readonly [name: string, (stack: Stack) => BmscKeyManagementProps])[] = [
    [
      'vpc',
      (stack) => ({ vpc: new Vpc(stack, 'V'), settings: { network: { type: 'new', cidr: '10.0.0.0/16' } } }),
    ],
    ['vpc', () => ({ settings: { network: { type: 'construct' } } })],
    ['cluster', (stack) => ({ ...clusterOf(stack), settings: { network: { type: 'new' } } })],
    ['cluster', (stack) => ({ ...clusterOf(stack), vpc: new Vpc(stack, 'Other') })],
    ['vpcSubnets', () => ({ vpcSubnets: {} })],
    [
      'alarmTopic',
      (stack) => ({
        alarmTopic: new Topic(stack, 'T'),
        settings: { operations: { alarmTopicArn: 'arn:aws:sns:eu-west-1:111111111111:own' } },
      }),
    ],
    [
      'alarmTopic',
      (stack) => ({ alarmTopic: new Topic(stack, 'T'), settings: { operations: { alarms: false } } }),
    ],
    [
      'senderImage',
      () => ({ senderImage: ContainerImage.fromRegistry('a'), settings: { sender: { image: 'b' } } }),
    ],
    ['znImage', () => ({ znImage: ContainerImage.fromRegistry('a') })],
    ['trafficImage', () => ({ trafficImage: ContainerImage.fromRegistry('a') })],
    [
      'trafficImage',
      () => ({
        trafficImage: ContainerImage.fromRegistry('a'),
        settings: { traffic: { image: 'b', streams: [STREAM] } },
      }),
    ],
    ['logRetention', () => ({ logRetention: 7, settings: { retention: { logDays: 7 } } })],
    ['encryptionKey', (stack) => ({ table: Table.fromTableArn(stack, 'Table', TABLE_ARN) })],
    ['outputPrefix', () => ({ outputPrefix: 'a-b' })],
  ];
  test.each(cases)('%s', (name, propsOf) => {
    const stack = new Stack(new App(), 'Own');
    const props = propsOf(stack);
    expect(() => ownBmsc(stack, 'Bmsc', props)).toThrow(
      expect.objectContaining({
        name: 'SettingsError',
        code: 'contradicting-props',
        message: expect.stringContaining(`property "${name}": `),
      }),
    );
  });
});

function clusterOf(stack: Stack): Pick<BmscKeyManagementProps, 'cluster'> {
  return { cluster: new Cluster(stack, 'C', { vpc: new Vpc(stack, 'V') }) };
}

test('the template of the construct alone needs nothing that an app would give', () => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Agnostic');
  ownBmsc(stack);
  expect(Template.fromStack(stack).toJSON().Outputs.VpcId).toBeDefined();
});
