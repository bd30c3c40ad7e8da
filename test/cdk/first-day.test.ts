import { describe, expect, test } from 'vitest';
import { parseSettings, SettingsError } from '../../cdk/settings/index.ts';
import { isExampleFqdn } from '../../cdk/settings/naf-fqdn.ts';
import { ownBmsc, ownStack } from './own-stack.ts';
import { resources, synthesize } from './templates.ts';

describe('the FQDN of an example', () => {
  test.each(['bmsc.home1.net', 'BMSC.Home1.NET', 'bmsc.operator.example', 'bmsc.example.org', 'localhost'])(
    '%s is refused, for all UEs would be',
    (nafFqdn) => {
      expect(() => ownBmsc(ownStack(), 'Bmsc', { settings: { nafFqdn } })).toThrow(SettingsError);
      expect(() => ownBmsc(ownStack(), 'Bmsc', { settings: { nafFqdn } })).toThrow('bmsc.nafFqdn');
    },
  );

  test('is good for an emulator', () => {
    expect(() => synthesize({ nafFqdn: 'bmsc.home1.net', emulator: true })).not.toThrow();
  });

  test.each(['bmsc.operator.com', 'home1.network', 'bmsc.mnc001.mcc001.pub.3gppnetwork.org'])(
    '%s is none',
    (fqdn) => expect(isExampleFqdn(fqdn)).toBe(false),
  );
});

describe('the small profile', () => {
  test('has other defaults, and what is set beside it stays', () => {
    const small = parseSettings({ profile: 'small', sender: { desiredCount: 2 } });
    expect(small.sender).toMatchObject({ cpu: 256, memoryMiB: 512, desiredCount: 2 });
    expect(small.network).toMatchObject({ type: 'new', maxAzs: 1, flowLogs: false, endpoints: false });
    expect(small.operations).toMatchObject({ dashboard: false, containerInsights: false, alarms: true });
    expect(parseSettings(small)).toEqual(small);
    const larger = parseSettings({
      profile: 'small',
      sender: { cpu: 1024 },
      network: { type: 'new', maxAzs: 3 },
    });
    expect(larger.sender.memoryMiB).toBe(2048);
    expect(larger.network).toMatchObject({ maxAzs: 3, flowLogs: false });
  });

  test('makes nothing that is paid by the hour but a sender', () => {
    const { service } = synthesize({ profile: 'small' });
    for (const type of ['AWS::EC2::NatGateway', 'AWS::CloudWatch::Dashboard', 'AWS::EC2::FlowLog'])
      expect(resources(service, type)).toEqual({});
    const endpoints = Object.values(resources(service, 'AWS::EC2::VPCEndpoint'));
    expect(endpoints.map(({ Properties }) => Properties.VpcEndpointType)).toEqual(['Gateway', 'Gateway']);
    service.hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: '256', Memory: '512' });
    service.hasResourceProperties('AWS::ECS::Cluster', {
      ClusterSettings: [{ Name: 'containerInsights', Value: 'disabled' }],
    });
  });
});

describe('a table that there is', () => {
  const arn = 'arn:aws:dynamodb:eu-west-1:111111111111:table/restored';
  const encryptionKeyArn = 'arn:aws:kms:eu-west-1:111111111111:key/0a1b2c3d-0000-4000-8000-000000000000';

  test('takes the place of a new one, with the key that its data keys are wrapped under', () => {
    const { data, service } = synthesize({ table: { arn, encryptionKeyArn } });
    for (const type of ['AWS::DynamoDB::Table', 'AWS::KMS::Key']) expect(resources(data, type)).toEqual({});
    service.hasOutput('TableName', { Value: 'restored' });
    service.hasOutput('EncryptionKeyArn', { Value: encryptionKeyArn });
    expect(JSON.stringify(resources(service, 'AWS::IAM::Policy'))).toContain(arn);
  });

  test('leaves nothing in the service stack that the data stack exported of the table before', () => {
    const { service } = synthesize({ table: { arn, encryptionKeyArn } });
    const imports = JSON.stringify(service.toJSON()).match(/BmscData:[A-Za-z0-9]+/g) ?? [];
    expect(imports.filter((name) => /Table|EncryptionKey/.test(name))).toEqual([]);
  });
});
