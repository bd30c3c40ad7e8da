import { describe, expect, it, test } from 'vitest';
import { parseSettings, type SettingsInput } from '../../cdk/settings/index.ts';
import { KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
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
  ['no URL', { bsf: { apiRoot: 'bsf.example.net' } }, /bmsc.keySource.bsf.apiRoot.*URL/],
  ['a URL with a query', { bsf: { apiRoot: 'https://bsf.example.net/?a' } }, /URL without user, query/],
  ['another kind of ARN', { bsf: BSF, tlsSecretArn: 'arn:aws:sqs:a' }, /an ARN of secretsmanager/],
  ['an endless time', { bsf: BSF, timeoutSeconds: 60 }, /from 0.1 to 5/],
])('refuses %s', (_name, keySource, message) => {
  expect(() => parseSettings({ keySource } as SettingsInput)).toThrow(message);
});
