import { Validations } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  ApplicationTargetGroup,
  IpAddressType,
  ListenerCertificate,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { LambdaTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Settings } from '../settings/index.ts';
import type { SenderNetwork } from './sender-network.ts';

/** The function that answers, and the network that UEs reach it through. */
export interface PrivateLoadBalancerProps {
  readonly edge: Extract<Settings['edge'], { type: 'alb' }>;
  readonly handler: IFunction;
  readonly network: SenderNetwork;
}

/** An internal load balancer for UEs on private networks: http, and https where there is a certificate. */
export class PrivateLoadBalancer extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, { edge, handler, network }: PrivateLoadBalancerProps) {
    super(scope, id);
    const { vpc, subnets } = network;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'BM-SC key management: requests of UEs',
      allowAllOutbound: false,
    });
    const balancer = new ApplicationLoadBalancer(this, 'Balancer', {
      vpc,
      vpcSubnets: subnets,
      internetFacing: false,
      // With IPv6 its name has addresses of both families: only where UEs may use both.
      ipAddressType: edge.ueNetworks.some(isIpv6) ? IpAddressType.DUAL_STACK : IpAddressType.IPV4,
      securityGroup,
    });
    Validations.of(balancer).acknowledge({
      id: 'AwsSolutions-ELB2',
      reason: 'The function behind it logs every request.',
    });
    const targetGroup = new ApplicationTargetGroup(this, 'KeyRequest', {
      targetType: TargetType.LAMBDA,
      targets: [new LambdaTarget(handler)],
    });
    // Otherwise the balancer keeps only the last of repeated parameters, and the Digest uri would not match.
    targetGroup.setAttribute('lambda.multi_value_headers.enabled', 'true');
    balancer.addListener('Http', { port: 80, open: false, defaultTargetGroups: [targetGroup] });
    if (edge.certificateArn !== undefined) addHttps(balancer, targetGroup, edge.certificateArn);
    const ports = edge.certificateArn === undefined ? [80] : [80, 443];
    for (const from of edge.ueNetworks) {
      const peer = isIpv6(from) ? Peer.ipv6(from) : Peer.ipv4(from);
      for (const port of ports) securityGroup.addIngressRule(peer, Port.tcp(port), 'Requests of UEs');
    }
    this.url = `${edge.certificateArn === undefined ? 'http' : 'https'}://${balancer.loadBalancerDnsName}`;
  }
}

function isIpv6(network: string): boolean {
  return network.includes(':');
}

function addHttps(
  balancer: ApplicationLoadBalancer,
  targetGroup: ApplicationTargetGroup,
  certificateArn: string,
): void {
  balancer.addListener('Https', {
    port: 443,
    open: false,
    certificates: [ListenerCertificate.fromArn(certificateArn)],
    defaultTargetGroups: [targetGroup],
  });
}
