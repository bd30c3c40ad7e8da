import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseSettings, SettingsError, type SettingsInput } from '../../cdk/settings/index.ts';

const EXISTING = {
  type: 'existing' as const,
  vpcId: 'vpc-0a1b2c3d',
  vpcCidr: '10.0.0.0/16',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  subnetIds: ['subnet-0a1b2c3a', 'subnet-0a1b2c3b'],
} satisfies SettingsInput['network'];
/** What the CDK gives a construct for a value that only CloudFormation knows. */
const token = (number: number) => `$\{Token[TOKEN.${number}]}`;
const ACCOUNT = '111111111111';
const certificateIn = (region: string) => `arn:aws:acm:${region}:${ACCOUNT}:certificate/0a1b-2c3d`;
const cloudfront = (edge: object) => ({ edge: { type: 'cloudfront', ...edge } });
const newNetwork = (network: object) => ({ network: { type: 'new', ...network } });
const existing = (network: object) => ({ network: { ...EXISTING, ...network } });

/** Settings that never work, by the setting that a message must name. A table, longer than a screen. */
const IMPOSSIBLE: readonly (readonly [setting: string, input: unknown])[] = [
  ['bmsc', []],
  ['bmsc', 7],
  ['bmsc.nafFQDN', { nafFQDN: 'bmsc.home1.net' }],
  ['bmsc.sender.memory', { sender: { memory: 1024 } }],
  ['bmsc.stackPrefix', { stackPrefix: '1st' }],
  ['bmsc.stackPrefix', { stackPrefix: 'a_b' }],
  ['bmsc.nafFqdn', { nafFqdn: 'bmsc..home1.net' }],
  ['bmsc.nafFqdn', { nafFqdn: 'bmsc-.home1.net' }],
  ['bmsc.nafFqdn', { nafFqdn: `${'a'.repeat(64)}.net` }],
  ['bmsc.nafFqdn', { nafFqdn: 'a.'.repeat(127).concat('net') }],
  ['bmsc.keyManagementPath', { keyManagementPath: '/keymanagement?x=1' }],
  ['bmsc.keyManagementPath', { keyManagementPath: '/keymanagement#x' }],
  ['bmsc.keyManagementPath', { keyManagementPath: 'keymanagement' }],
  ['bmsc.keyManagementPath', { keyManagementPath: '' }],
  ['bmsc.keyManagementPath', { keyManagementPath: '//keymanagement' }],
  ['bmsc.keyManagementPath', { keyManagementPath: '/a/../b' }],
  ['bmsc.keyManagementPath', { keyManagementPath: '/a/%2e%2E/b' }],
  ['bmsc.keyManagementPath', { keyManagementPath: '/a/.' }],
  ['bmsc.keyManagementPath', { keyManagementPath: '/a"b' }],
  ['bmsc.keyManagementPath', { keyManagementPath: '/a\\b' }],
  ['bmsc.keyManagementPath', { keyManagementPath: '/{id}' }],
  ['bmsc.keyManagementPath', { keyManagementPath: '/50%' }],
  ['bmsc.keyDomains.0', { keyDomains: ['1-1'] }],
  ['bmsc.digest.qop', { digest: { qop: [] } }],
  ['bmsc.digest.algorithms.0', { digest: { algorithms: ['SHA-1'] } }],
  ['bmsc.digest.nonceLifetimeSeconds', { digest: { nonceLifetimeSeconds: 0 } }],
  ['bmsc.keyRequest.perSecond', { keyRequest: { perSecond: 0 } }],
  ['bmsc.keyRequest.burst', { keyRequest: { burst: 1.5 } }],
  ['bmsc.keyRequest.reservedConcurrency', { keyRequest: { reservedConcurrency: 0 } }],
  ['bmsc.events.commandSources', { events: { commandSources: [] } }],
  ['bmsc.events.commandSources.0', { events: { commandSources: ['aws.ec2'] } }],
  ['bmsc.events.commandSources.0', { events: { commandSources: ['a,b'] } }],
  ['bmsc.events', { events: { commandSources: ['a'], keyDomainSources: { a: ['001-02'] } } }],
  ['bmsc.events.keyDomainSources.a.0', { events: { keyDomainSources: { a: ['1-2'] } } }],
  ['bmsc.events.commandAccounts.0', { events: { commandAccounts: ['1'] } }],
  ['bmsc.payloadProfile', { payloadProfile: 7 }],
  ['bmsc.payloadProfile', { payloadProfile: 'no-such-file.json' }],
  ['bmsc.payloadProfile', { payloadProfile: { mskRequest: { root: 'a b' } } }],
  ['bmsc.payloadProfile', { payloadProfile: { register: { namespace: 'u'.repeat(257) } } }],
  ['bmsc.delivery.udpPort', { delivery: { udpPort: 70_000 } }],
  ['bmsc.delivery.uePort', { delivery: { uePort: 0 } }],
  ['bmsc.delivery.retransmission.tries', { delivery: { retransmission: { tries: 0 } } }],
  ['bmsc.delivery.pacing.ipv4PrefixLength', { delivery: { pacing: { ipv4PrefixLength: 33 } } }],
  ['bmsc.delivery.pacing.ipv6PrefixLength', { delivery: { pacing: { ipv6PrefixLength: 129 } } }],
  ['bmsc.delivery.pageUes', { delivery: { pageUes: '500' } }],
  ['bmsc.rotation.leadTimeSeconds', { rotation: { leadTimeSeconds: -1 } }],
  ['bmsc.sender.cpu', { sender: { cpu: 3 } }],
  ['bmsc.sender.memoryMiB', { sender: { cpu: 256, memoryMiB: 4096 } }],
  ['bmsc.sender.memoryMiB', { sender: { cpu: 512, memoryMiB: 512 } }],
  ['bmsc.sender.memoryMiB', { sender: { cpu: 512, memoryMiB: 1500 } }],
  ['bmsc.sender.memoryMiB', { sender: { cpu: 1024, memoryMiB: 16_384 } }],
  ['bmsc.sender.memoryMiB', { sender: { cpu: 4096, memoryMiB: 1024 } }],
  ['bmsc.sender.scaling.minCount', { sender: { scaling: { minCount: 20, maxCount: 5 } } }],
  ['bmsc.sender.scaling.minCount', { sender: { scaling: { minCount: 11 } } }],
  ['bmsc.sender.image', { sender: { image: '' } }],
  [
    'bmsc.traffic.imageSecretArn',
    {
      traffic: {
        streams: [{ serviceId: 'urn:a', keyGroup: '001-01/0001', mtks: { address: '239.255.0.1', port: 1 } }],
        imageSecretArn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:registry-AbCdEf',
      },
    },
  ],
  ['bmsc.sender.image', { sender: { image: 'Bmsc/Sender' } }],
  ['bmsc.sender.image', { sender: { image: 'bmsc/sender:a b' } }],
  ['bmsc.network.cidr', newNetwork({ cidr: '10.0.0.0/99' })],
  ['bmsc.network.cidr', newNetwork({ cidr: '10.0.0.0' })],
  ['bmsc.network.cidr', newNetwork({ cidr: '10.0.0.256/16' })],
  ['bmsc.network.cidr', newNetwork({ cidr: '10.0.0.0/15' })],
  ['bmsc.network.cidr', newNetwork({ cidr: '10.0.0.0/29' })],
  ['bmsc.network.cidr', newNetwork({ cidr: '127.0.0.0/16' })],
  ['bmsc.network.cidr', newNetwork({ cidr: '2001:db8::/56' })],
  ['bmsc.network.cidr', newNetwork({ cidr: '10.0.0.0/28' })],
  ['bmsc.network.cidr', newNetwork({ cidr: '10.0.0.0/27', maxAzs: 3 })],
  ['bmsc.network.cidr', newNetwork({ cidr: '10.0.0.0/27', ueRouting: 'nat-gateway' })],
  ['bmsc.network.cidr', { edge: { type: 'alb' }, ...newNetwork({ cidr: '10.0.0.0/27' }) }],
  ['bmsc.network.maxAzs', { edge: { type: 'alb' }, ...newNetwork({ maxAzs: 1 }) }],
  ['bmsc.network.maxAzs', newNetwork({ maxAzs: 0 })],
  ['bmsc.network.availabilityZones', newNetwork({ availabilityZones: [] })],
  ['bmsc.network.availabilityZones', newNetwork({ availabilityZones: ['eu-west-1a', 'eu-west-1a'] })],
  ['bmsc.network.availabilityZones', newNetwork({ availabilityZones: ['a', 'b', 'c', 'd'] })],
  [
    'bmsc.network.availabilityZones',
    { edge: { type: 'alb' }, ...newNetwork({ availabilityZones: ['eu-west-1a'] }) },
  ],
  ['bmsc.network.natGateways', newNetwork({ natGateways: 'per-zone' })],
  ['bmsc.network.cidr', { network: { type: 'construct', cidr: '10.0.0.0/16' } }],
  ['bmsc.network.ueRouting', newNetwork({ ueRouting: 'tunnel' })],
  ['bmsc.network.type', { network: { type: 'own' } }],
  ['bmsc.network.ueNetworks', newNetwork({ ueNetworks: [] })],
  ['bmsc.network.ueNetworks.0', newNetwork({ ueNetworks: ['10.0.0.1'] })],
  ['bmsc.network.ueNetworks.1', newNetwork({ ueNetworks: ['10.0.0.0/8', '10.0.0.0/33'] })],
  ['bmsc.network.ueNetworks.0', newNetwork({ ueNetworks: ['1.2.3/8'] })],
  ['bmsc.network.ueNetworks.0', newNetwork({ ueNetworks: ['2001:db8::/129'] })],
  ['bmsc.network.ueNetworks.0', newNetwork({ ueNetworks: ['2001:db8:/32'] })],
  ['bmsc.network.ueNetworks.0', newNetwork({ ueNetworks: ['::ffff:10.0.0.0/104'] })],
  ['bmsc.network.ueNetworks.0', newNetwork({ ueNetworks: ['64:ff9b::10.0.0.0/104'] })],
  ['bmsc.network.ueNetworks.0', newNetwork({ ipv6: false, ueNetworks: ['2001:db8::/32'] })],
  ['bmsc.network.ueNetworks.1', existing({ ueNetworks: ['10.0.0.0/8', '2001:db8::/32'] })],
  ['bmsc.network.endpoints', newNetwork({ ueRouting: 'private', endpoints: false })],
  [
    'bmsc.network.endpoints',
    {
      keySource: { bsf: { apiRoot: 'https://bsf.example' }, inVpc: true },
      ...newNetwork({ endpoints: false }),
    },
  ],
  ['bmsc.network.vpcId', existing({ vpcId: 'my-vpc' })],
  ['bmsc.network.vpcId', existing({ vpcId: 'vpc-0a' })],
  ['bmsc.network.vpcCidr', existing({ vpcCidr: '10.0.0.0/8' })],
  ['bmsc.network.availabilityZones', existing({ availabilityZones: [] })],
  ['bmsc.network.availabilityZones', existing({ availabilityZones: ['eu-west-1a', 'eu-west-1a'] })],
  ['bmsc.network.subnetIds', existing({ subnetIds: ['subnet-0a1b2c3a'] })],
  ['bmsc.network.subnetIds', existing({ subnetIds: ['subnet-0a1b2c3a', 'subnet-0a1b2c3a'] })],
  ['bmsc.network.subnetIds.0', existing({ subnetIds: ['eu-west-1a', 'subnet-0a1b2c3b'] })],
  ['bmsc.network.routeTableIds', existing({ endpoints: true })],
  ['bmsc.network.routeTableIds', existing({ endpoints: true, routeTableIds: ['rtb-0a1b2c3a'] })],
  ['bmsc.network.routeTableIds.0', existing({ routeTableIds: ['main', 'rtb-0a1b2c3b'] })],
  [
    'bmsc.network.availabilityZones',
    {
      edge: { type: 'alb' },
      ...existing({ availabilityZones: ['eu-west-1a'], subnetIds: ['subnet-0a1b2c3a'] }),
    },
  ],
  [
    'bmsc.network.subnetIds',
    {
      edge: { type: 'alb' },
      ...existing({ subnetIds: ['subnet-0a1b2c3a', 'subnet-0a1b2c3b', 'subnet-0a1b2c3c'] }),
    },
  ],
  ['bmsc.edge.type', { edge: { type: 'nginx' } }],
  ['bmsc.edge', cloudfront({ domainName: 'bmsc.example' })],
  [
    'bmsc.edge.domainName',
    cloudfront({ domainName: '*.example', certificateArn: certificateIn('us-east-1') }),
  ],
  [
    'bmsc.edge.certificateArn',
    cloudfront({ domainName: 'bmsc.example', certificateArn: certificateIn('eu-west-1') }),
  ],
  ['bmsc.edge.certificateArn', cloudfront({ domainName: 'bmsc.example', certificateArn: 'arn:aws:acm:x' })],
  [
    'bmsc.edge.webAclArn',
    cloudfront({ webAclArn: `arn:aws:wafv2:eu-west-1:${ACCOUNT}:regional/webacl/a/b` }),
  ],
  ['bmsc.edge.webAclArn', cloudfront({ webAclArn: `arn:aws:wafv2:us-east-1:${ACCOUNT}:global/ipset/a/b` })],
  ['bmsc.edge.ueNetworks.0', { edge: { type: 'alb', ueNetworks: ['10.0.0.1'] } }],
  [
    'bmsc.edge.ueNetworks.0',
    { edge: { type: 'alb', ueNetworks: ['2001:db8::/32'] }, ...newNetwork({ ipv6: false }) },
  ],
  [
    'bmsc.edge.ueNetworks.0',
    { edge: { type: 'alb', ueNetworks: ['2001:db8::/32'] }, ...newNetwork({ ueNetworks: ['10.0.0.0/8'] }) },
  ],
  ['bmsc.edge.certificateArn', { edge: { type: 'alb', certificateArn: `arn:aws:iam::${ACCOUNT}:x` } }],
  [
    'bmsc.keySource.tlsSecretArn',
    { keySource: { bsf: { apiRoot: 'https://b' }, tlsSecretArn: 'arn:aws:x' } },
  ],
  ['bmsc.queues.encryption', { queues: { encryption: 'none' } }],
  ['bmsc.operations.alarmTopicArn', { operations: { alarmTopicArn: 'arn:aws:sns:alarms' } }],
  [
    'bmsc.operations.alarmTopicArn',
    { operations: { alarmTopicArn: `arn:aws:sns:eu-west-1:${ACCOUNT}:alarms.fifo` } },
  ],
  ['bmsc.operations.alarmEmail', { operations: { alarmEmail: 'noc' } }],
  ['bmsc.operations.alarmUrl', { operations: { alarmUrl: 'http://pager.example' } }],
  ['bmsc.retention.logDays', { retention: { logDays: 2 } }],
  ['bmsc.retention.archiveDays', { retention: { archiveDays: -1 } }],
];

describe('settings that never work', () => {
  test.each(IMPOSSIBLE)('%s is named: %j', (setting, input) => {
    expect(() => parseSettings(input)).toThrow(SettingsError);
    expect(() => parseSettings(input)).toThrow(`setting "${setting}": `);
  });

  test('are all named, each in a line', () => {
    const wrong = {
      sender: { cpu: 256, memoryMiB: 4096 },
      edge: { type: 'alb' },
      network: { type: 'new', maxAzs: 1 },
    };
    expect(() => parseSettings(wrong)).toThrow(/^setting "bmsc\.sender.*\nsetting "bmsc\.network.*$/);
  });
});

describe('settings that work', () => {
  test.each<[SettingsInput]>([
    [{}],
    [{ keyManagementPath: '/' }],
    [{ keyManagementPath: '/a/b.c/%20~(x);y=1' }],
    [{ nafFqdn: 'localhost' }],
    [{ sender: { image: '111111111111.dkr.ecr.eu-west-1.amazonaws.com/bmsc/key-distribution:1.0_a' } }],
    [{ sender: { image: `localhost:5000/a@sha256:${'0'.repeat(64)}` } }],
    [{ sender: { cpu: 256, memoryMiB: 512 } }],
    [
      {
        sender: { scaling: { minCount: 0 } },
        network: { type: 'new', ueRouting: 'private', endpoints: false },
      },
    ],
    [{ network: { type: 'new', cidr: '10.0.0.0/27' } }],
    [{ network: { type: 'new', cidr: '10.0.0.0/26', ueRouting: 'nat-gateway' } }],
    [{ edge: { type: 'alb', ueNetworks: ['2001:db8::/32'] }, network: { type: 'new', cidr: '10.0.0.0/26' } }],
    [
      {
        network: {
          ...EXISTING,
          vpcId: token(1),
          subnetIds: [token(2), 'subnet-0a1b2c3b'],
        },
      },
    ],
  ])('%j', (input) => {
    const settings = parseSettings(input);
    expect(parseSettings(settings)).toEqual(settings);
  });

  test.each([
    [256, 1024],
    [512, 1024],
    [1024, 2048],
    [2048, 4096],
    [4096, 8192],
  ] as const)('cpu %i alone comes with %i MiB, which Fargate has', (cpu, memoryMiB) => {
    expect(parseSettings({ sender: { cpu } }).sender.memoryMiB).toBe(memoryMiB);
  });

  test('two texts of one network are the same rule', () => {
    const ueNetworks = ['10.1.2.3/8', '2001:DB8:0::1/32', '192.0.2.7/32', '1.2.3.4/0'];
    expect(parseSettings({ network: { type: 'new', ueNetworks } }).network.ueNetworks).toEqual([
      '10.0.0.0/8',
      '2001:db8::/32',
      '192.0.2.7/32',
      '0.0.0.0/0',
    ]);
  });
});

describe('the app', () => {
  test.each([
    [
      'a setting that never works',
      { bmsc: { sender: { cpu: 4096, memoryMiB: 1024 } } },
      'bmsc.sender.memoryMiB',
    ],
    ['a setting by itself on the command line', { 'bmsc.nafFqdn': 'x' }, 'bmsc.nafFqdn'],
    ['a file that is not there', { bmsc: 'nowhere.json' }, 'nowhere.json'],
  ])('ends with the name of %s, without a stack trace and without templates', (_name, context, name) => {
    const folder = mkdtempSync(join(tmpdir(), 'bmsc-app-'));
    try {
      const outdir = join(folder, 'cdk.out');
      const { status, stderr } = spawnSync('node', [join(import.meta.dirname, '../../cdk/app.ts')], {
        encoding: 'utf8',
        env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: outdir },
      });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^cdk synth: .*\n$/);
      expect(stderr).toContain(name);
      expect(existsSync(join(outdir, 'manifest.json'))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
