import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import type { SettingsInput } from '../../cdk/settings/index.ts';
import { SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { resources, synthesize } from './templates.ts';

const EXISTING = {
  type: 'existing' as const,
  vpcId: 'vpc-0a1b2c3d',
  vpcCidr: '10.0.0.0/16',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  subnetIds: ['subnet-0a1b2c3a', 'subnet-0a1b2c3b'],
};

/** What a template says of IPv6, in the order of a datagram's way. */
function ipv6Of(service: Template) {
  const [edge] = Object.values(resources(service, 'AWS::CloudFront::Distribution'));
  const [api] = Object.values(resources(service, 'AWS::ApiGatewayV2::Api'));
  const [task] = Object.values(resources(service, 'AWS::ECS::TaskDefinition'));
  const subnets = Object.values(resources(service, 'AWS::EC2::Subnet')).map(({ Properties }) => Properties);
  const routes = Object.values(resources(service, 'AWS::EC2::Route')).map(({ Properties }) => Properties);
  const sender = Object.values(resources(service, 'AWS::EC2::SecurityGroup')).find(
    ({ Properties }) => Properties.GroupDescription === 'BM-SC sender: MIKEY over UDP',
  );
  return {
    edge: JSON.stringify(edge ?? {}).includes('"IPV6Enabled":true'),
    api: api?.Properties.IpAddressType === 'dualstack',
    subnets: subnets.length > 0 && subnets.every(({ Ipv6CidrBlock }) => Ipv6CidrBlock !== undefined),
    assigns: subnets.some(({ AssignIpv6AddressOnCreation }) => AssignIpv6AddressOnCreation === true),
    routes: routes
      .filter(({ DestinationIpv6CidrBlock }) => DestinationIpv6CidrBlock === '::/0')
      .map(({ GatewayId }) => (GatewayId === undefined ? 'out' : 'in and out')),
    ingress: JSON.stringify(sender?.Properties.SecurityGroupIngress).includes('CidrIpv6'),
    egress: JSON.stringify(sender?.Properties.SecurityGroupEgress).includes('"CidrIpv6":"::/0"'),
    sockets: JSON.stringify(task).includes(`{"Name":"${SENDER_VARIABLE.udpAddresses}","Value":"0.0.0.0,::"}`),
  };
}

const ON = { subnets: true, assigns: true, ingress: true, egress: true, sockets: true };
const OFF = { subnets: false, assigns: false, routes: [], ingress: false, egress: false, sockets: false };

describe('UEs with IPv6 are let in where the sender reaches them, and only there', () => {
  test.each<[string, SettingsInput, object]>([
    ['by default', {}, { ...ON, edge: true, api: false, routes: ['in and out', 'in and out'] }],
    [
      'behind the HTTP API itself',
      { edge: { type: 'none' } },
      { ...ON, edge: false, api: true, routes: ['in and out', 'in and out'] },
    ],
    [
      'with a NAT gateway, by an egress-only one',
      { network: { type: 'new', ueRouting: 'nat-gateway' } },
      { ...ON, edge: true, api: false, routes: expect.arrayContaining(['out', 'out']) },
    ],
    [
      'with private routing, without a way to the internet',
      { network: { type: 'new', ueRouting: 'private' } },
      { ...ON, edge: true, api: false, routes: [] },
    ],
    ['with ipv6 false', { network: { type: 'new', ipv6: false } }, { ...OFF, edge: false, api: false }],
    [
      'with ipv6 false and no edge',
      { edge: { type: 'none' }, network: { type: 'new', ipv6: false } },
      { ...OFF, edge: false, api: false },
    ],
    [
      'with ueNetworks of IPv4 only',
      { network: { type: 'new', ueNetworks: ['10.0.0.0/8'] } },
      { ...OFF, edge: false, api: false },
    ],
    ['in an existing network', { network: EXISTING }, { ...OFF, edge: false, api: false }],
    [
      'in an existing network with IPv6',
      { network: { ...EXISTING, ipv6: true } },
      { ...OFF, ingress: true, egress: true, sockets: true, edge: true, api: false },
    ],
  ])('%s', (_name, input, expected) => {
    expect(ipv6Of(synthesize(input).service)).toEqual(expected);
  });
});

test.each([
  ['10.0.0.0/8', 'ipv4'],
  ['2001:db8::/32', 'dualstack'],
])('a load balancer for UEs of %s has the addresses %s', (ueNetwork, IpAddressType) => {
  const { service } = synthesize({ edge: { type: 'alb', ueNetworks: [ueNetwork] } });
  service.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { IpAddressType });
});

test('the VPC has a network of Amazon, its public subnets still give public IPv4 addresses', () => {
  const { service } = synthesize();
  service.hasResourceProperties('AWS::EC2::VPCCidrBlock', { AmazonProvidedIpv6CidrBlock: true });
  service.allResourcesProperties('AWS::EC2::Subnet', {
    MapPublicIpOnLaunch: true,
    CidrBlock: Match.anyValue(),
  });
});

test('an output says which UEs are served', () => {
  synthesize().service.hasOutput('UeAddressFamilies', { Value: 'IPv4 and IPv6' });
  const { service } = synthesize({ network: { type: 'new', ipv6: false } });
  service.hasOutput('UeAddressFamilies', { Value: 'IPv4' });
});
