import { IpAddresses, type IVpc, Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';

/** Which network the sender stands in, and the UDP port it has there. */
export interface SenderNetworkProps {
  readonly network: Settings['network'];
  readonly udpPort: number;
}

/** The VPC of the sender, new or existing, and its security group. */
export class SenderNetwork extends Construct {
  readonly vpc: IVpc;
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, { network, udpPort }: SenderNetworkProps) {
    super(scope, id);
    this.vpc =
      network.type === 'new'
        ? new Vpc(this, 'Vpc', {
            ipAddresses: IpAddresses.cidr('10.69.0.0/16'),
            maxAzs: network.maxAzs,
            natGateways: network.natGateways,
          })
        : Vpc.fromVpcAttributes(this, 'Vpc', {
            ...network,
            availabilityZones: [...network.availabilityZones],
          });
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: this.vpc,
      description: 'BM-SC sender: MIKEY over UDP',
    });
    // Explicit, since connection tracking forgets a UDP flow after 30 s and verification messages may come later.
    this.securityGroup.addIngressRule(Peer.anyIpv4(), Port.udp(udpPort), 'MIKEY verification messages');
  }
}
