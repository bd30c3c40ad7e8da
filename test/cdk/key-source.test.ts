import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it, test } from 'vitest';
import { parseSettings, type SettingsInput } from '../../cdk/settings/index.ts';
import { KEY_REQUEST_VARIABLE, ZN_VARIABLE } from '../../functions/environment-variables.ts';
import { resources, synthesize } from './templates.ts';

const BSF = { apiRoot: 'https://bsf.example.net' };
const NRF = { apiRoot: 'https://nrf.example.net', nfInstanceId: '0e2c0f52-6bfb-4d4c-8b3a-9d3f0b1f6f0a' };
const TLS_SECRET = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:sbi-AbCdEf';

/** The Key Request function's properties in a synthesis with these key sources. */
function keyRequestWith(keySource: SettingsInput['keySource']) {
  const { service } = synthesize(keySource === undefined ? {} : { keySource });
  const all = Object.entries(resources(service, 'AWS::Lambda::Function'));
  const found = all.find(([id]) => id.startsWith('BmscKeyRequestHandler'));
  if (found === undefined) throw new Error('no Key Request function');
  const properties = found[1].Properties as {
    Environment: { Variables: Record<string, string> };
    VpcConfig?: unknown;
  };
  return { service, variable: properties.Environment.Variables[KEY_REQUEST_VARIABLE.keySources], properties };
}

describe('the Key Request function', () => {
  it('has no key source and no VPC unless the settings say so', () => {
    const { variable, properties } = keyRequestWith(undefined);
    expect([variable, properties.VpcConfig]).toEqual([undefined, undefined]);
  });

  it('knows the BSF and the AAnF, and may read the credentials of the network alone', () => {
    const { service, variable, properties } = keyRequestWith({
      bsf: BSF,
      aanf: { discover: true },
      nrf: NRF,
      tlsSecretArn: TLS_SECRET,
    });
    expect(JSON.parse(variable ?? '')).toMatchObject({ bsf: BSF, nrf: NRF, lookUpsPerSecond: 50 });
    expect(properties.VpcConfig).toBeUndefined();
    const policies = JSON.stringify(resources(service, 'AWS::IAM::Policy'));
    expect(policies).toContain(TLS_SECRET);
    expect(policies).not.toContain('ec2:CreateNetworkInterface');
  });

  it('stands in the VPC of the sender to reach a BSF there, and reaches AWS by the endpoints', () => {
    const { service, properties } = keyRequestWith({ bsf: BSF, inVpc: true });
    expect(properties.VpcConfig).toBeDefined();
    const rules = JSON.stringify(resources(service, 'AWS::EC2::SecurityGroupIngress'));
    expect(rules).toContain('Calls of the Key Request function');
    const endpoints = JSON.stringify(resources(service, 'AWS::EC2::VPCEndpoint'));
    expect(endpoints).toContain('secretsmanager');
  });
});

describe('the Zn service', () => {
  const ZN = {
    realm: 'home1.net',
    peers: [
      { identity: 'bsf1.home1.net', address: 'bsf1.home1.net' },
      { identity: 'bsf2.home1.net', address: '10.1.2.3', port: 5658 },
    ],
  };

  it('runs in the VPC under a name of its own, where only the Key Request function reaches it', () => {
    const { service, variable } = keyRequestWith({ zn: ZN, inVpc: true });
    expect(JSON.parse(variable ?? '')).toMatchObject({
      bsf: { apiRoot: 'http://zn.bmscservice.bmsc.internal:8080' },
    });
    service.hasResourceProperties('AWS::ServiceDiscovery::Service', { Name: 'zn' });
    service.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 8080,
      ToPort: 8080,
      Description: 'Nbsp_GBA of the function',
    });
    const tasks = JSON.stringify(resources(service, 'AWS::ECS::TaskDefinition'));
    expect(tasks).toContain(JSON.stringify(JSON.stringify(parsedPeers(ZN.peers))).slice(1, -1));
    expect(tasks).toContain(ZN_VARIABLE.originPerTask);
  });

  it('has the credentials of TLS as a secret, and not as a variable', () => {
    const { service } = keyRequestWith({
      zn: { ...ZN, transport: 'tls' },
      tlsSecretArn: TLS_SECRET,
      inVpc: true,
    });
    service.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        Match.objectLike({ Secrets: [{ Name: ZN_VARIABLE.tls, ValueFrom: TLS_SECRET }] }),
      ],
    });
  });

  it('is watched: its open peers, and what its requests come to', () => {
    const { service } = keyRequestWith({ zn: ZN, inVpc: true });
    expect(
      Object.keys(resources(service, 'AWS::CloudWatch::Alarm')).filter((id) => id.includes('Zn')),
    ).toHaveLength(1);
    const dashboard = JSON.stringify(resources(service, 'AWS::CloudWatch::Dashboard'));
    expect(dashboard).toContain('Requests over Zn by result');
  });

  it('is not there without the setting', () => {
    const { service } = keyRequestWith({ bsf: BSF });
    expect(Object.keys(resources(service, 'AWS::ECS::Service'))).toHaveLength(1);
  });
});

/** The peers with the port that Diameter has. */
const parsedPeers = (peers: readonly { readonly port?: number }[]) =>
  peers.map((peer) => ({ ...peer, port: peer.port ?? 3868 }));

it('has alarms and a row of the dashboard for the network, and none without it', () => {
  const alarmsOf = (keySource: SettingsInput['keySource']) =>
    Object.keys(resources(keyRequestWith(keySource).service, 'AWS::CloudWatch::Alarm')).filter((id) =>
      id.includes('KeySource'),
    );
  expect(alarmsOf({ bsf: BSF })).toHaveLength(2);
  expect(alarmsOf(undefined)).toEqual([]);
  const dashboard = JSON.stringify(
    resources(keyRequestWith({ bsf: BSF }).service, 'AWS::CloudWatch::Dashboard'),
  );
  expect(dashboard).toContain('Look-ups in the network by result');
});

test.each<[string, SettingsInput['keySource'], RegExp]>([
  ['none', {}, /bsf, zn or aanf/],
  ['two BSFs', { bsf: BSF, zn: { realm: 'a.b', peers: [{ identity: 'c.b', address: 'c.b' }] } }, /not both/],
  ['a BSF nowhere', { bsf: {} }, /apiRoot, domains or discover/],
  ['discovery without an NRF', { bsf: { discover: true } }, /discover needs nrf/],
  [
    'Diameter outside the VPC',
    { zn: { realm: 'a.b', peers: [{ identity: 'c.b', address: 'c.b' }] } },
    /inVpc/,
  ],
  [
    'Diameter over TLS without credentials',
    { zn: { realm: 'a.b', transport: 'tls', peers: [{ identity: 'c.b', address: 'c.b' }] }, inVpc: true },
    /needs tlsSecretArn/,
  ],
  ['no URL', { bsf: { apiRoot: 'bsf.example.net' } }, /bmsc.keySource.bsf.apiRoot.*URL/],
  ['a URL with a query', { bsf: { apiRoot: 'https://bsf.example.net/?a' } }, /URL without user, query/],
  ['another kind of ARN', { bsf: BSF, tlsSecretArn: 'arn:aws:sqs:a' }, /an ARN of secretsmanager/],
  ['an endless time', { bsf: BSF, timeoutSeconds: 60 }, /from 0.1 to 5/],
])('refuses %s', (_name, keySource, message) => {
  expect(() => parseSettings({ keySource } as SettingsInput)).toThrow(message);
});
