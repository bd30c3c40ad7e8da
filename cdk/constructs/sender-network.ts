import { Validations } from 'aws-cdk-lib';
import {
  CfnEIP,
  FlowLogDestination,
  IpAddresses,
  IpProtocol,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  Subnet,
  type SubnetConfiguration,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct, DependencyGroup } from 'constructs';
import type { Settings } from '../settings/index.ts';
import { servesIpv6, zonesOf } from '../settings/network.ts';
import { addGatewayEndpoints, addInterfaceEndpoints } from './endpoints.ts';

/** Which network the sender stands in, and the UDP port it has there. */
export interface SenderNetworkProps {
  readonly network: Settings['network'];
  readonly udpPort: number;
  readonly logDays: Settings['retention']['logDays'];
  /** Whether the tasks send traces to X-Ray. */
  readonly hasTraces: boolean;
  /** With the network type `construct`. */
  readonly vpc?: IVpc | undefined;
  /** @default the subnets of the VPC that fit the routing */
  readonly subnets?: SubnetSelection | undefined;
}

type NewNetwork = Extract<Settings['network'], { type: 'new' }>;
type UeRouting = Settings['network']['ueRouting'];

const SUBNET_TYPE: Readonly<Record<UeRouting, SubnetType>> = {
  'public-address': SubnetType.PUBLIC,
  'nat-gateway': SubnetType.PRIVATE_WITH_EGRESS,
  private: SubnetType.PRIVATE_ISOLATED,
};

/** The VPC of the sender, new or existing, its way to UEs and to AWS, and its security group. */
export class SenderNetwork extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly assignPublicIp: boolean;
  /** Whether UEs with IPv6 are served, too. */
  readonly ipv6: boolean;
  readonly securityGroup: SecurityGroup;
  /** Of the endpoints of AWS's services; undefined without them. */
  readonly endpoints: SecurityGroup | undefined;
  /** Elastic IPs of the NAT gateways that stand here: UEs see MSKs come from them. */
  readonly natAddresses: readonly string[];
  /**
   * All that a task needs to reach AWS. A service that does not wait for it may have its first tasks fail,
   * and then its deployment is rolled back.
   */
  readonly ready = new DependencyGroup();

  constructor(scope: Construct, id: string, props: SenderNetworkProps) {
    super(scope, id);
    const { network, logDays } = props;
    this.ipv6 = servesIpv6(network);
    this.vpc = props.vpc ?? vpcOf(this, network, logDays);
    this.subnets = props.subnets ?? subnetsOf(this, network);
    if (props.vpc === undefined) this.ready.add(this.vpc);
    this.natAddresses = elasticAddressesBelow(this);
    this.assignPublicIp = network.ueRouting === 'public-address';
    this.securityGroup = this.#createSecurityGroup(props);
    // Gateways cost nothing, and carry what would else go through the internet or a NAT gateway.
    if (network.type === 'new' || network.endpoints)
      this.ready.add(...addGatewayEndpoints(this.#scopeOfEndpoints(props), this));
    if (network.endpoints) {
      const { securityGroup, endpoints } = addInterfaceEndpoints(this.#scopeOfEndpoints(props), this, props);
      this.endpoints = securityGroup;
      this.ready.add(securityGroup, ...endpoints);
    }
  }

  /** The VPC, unless it stands in a stack of the operator's. */
  #scopeOfEndpoints({ vpc }: SenderNetworkProps): Construct {
    return vpc === undefined && this.vpc instanceof Construct ? this.vpc : this;
  }

  #createSecurityGroup({ network, udpPort }: SenderNetworkProps): SecurityGroup {
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: this.vpc,
      description: 'BM-SC sender: MIKEY over UDP',
      allowAllIpv6Outbound: this.ipv6,
    });
    Validations.of(securityGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason:
        'UEs answer from anywhere; the setting network.ueNetworks narrows it, and what they send is authenticated.',
    });
    for (const from of network.ueNetworks) {
      // Explicit, since connection tracking forgets a UDP flow after 30 s and verification messages may come
      // later.
      const peer = from.includes(':') ? Peer.ipv6(from) : Peer.ipv4(from);
      securityGroup.addIngressRule(peer, Port.udp(udpPort), 'MIKEY verification messages');
    }
    return securityGroup;
  }
}

function vpcOf(
  scope: Construct,
  network: Settings['network'],
  logDays: Settings['retention']['logDays'],
): IVpc {
  if (network.type === 'new') return createVpc(scope, network, logDays);
  if (network.type === 'construct') throw new Error('the network type "construct" comes with a VPC');
  const { vpcId, availabilityZones, vpcCidr } = network;
  return Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId,
    vpcCidrBlock: vpcCidr,
    availabilityZones: [...availabilityZones],
  });
}

function createVpc(scope: Construct, network: NewNetwork, logDays: Settings['retention']['logDays']): Vpc {
  const { maxAzs, availabilityZones, cidr, ueRouting, natGateways, flowLogs } = network;
  const ofNat = natGateways === 'per-zone' ? zonesOf(network) : 1;
  const vpc = new Vpc(scope, 'Vpc', {
    // Amazon's own IPv6 addresses: a /56 for the VPC, a /64 for each subnet. `private` routes them nowhere;
    // with `nat-gateway` an egress-only gateway lets out what the sender sends, and in what answers it.
    ipProtocol: servesIpv6(network) ? IpProtocol.DUAL_STACK : IpProtocol.IPV4_ONLY,
    ipAddresses: IpAddresses.cidr(cidr),
    ...(availabilityZones === undefined ? { maxAzs } : { availabilityZones: [...availabilityZones] }),
    // Nothing uses that group, and closing it takes a function that may change any.
    restrictDefaultSecurityGroup: false,
    natGateways: ueRouting === 'nat-gateway' ? ofNat : 0,
    subnetConfiguration: subnetConfigurationOf(ueRouting),
  });
  if (flowLogs) {
    const logGroup = new LogGroup(scope, 'FlowLogs', { retention: logDays });
    vpc.addFlowLog('FlowLog', { destination: FlowLogDestination.toCloudWatchLogs(logGroup) });
  }
  return vpc;
}

function subnetConfigurationOf(ueRouting: UeRouting): SubnetConfiguration[] {
  // Said for itself, since a VPC with IPv6 otherwise has another default for public subnets.
  const open = { subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true };
  if (ueRouting === 'public-address') return [{ name: 'Sender', ...open }];
  const sender = { name: 'Sender', subnetType: SUBNET_TYPE[ueRouting] };
  return ueRouting === 'nat-gateway' ? [sender, { name: 'Nat', ...open }] : [sender];
}

function subnetsOf(scope: Construct, network: Settings['network']): SubnetSelection {
  return network.type === 'existing'
    ? { subnets: existingSubnets(scope, network) }
    : { subnetType: SUBNET_TYPE[network.ueRouting] };
}

function existingSubnets(
  scope: Construct,
  { subnetIds, availabilityZones, routeTableIds }: Extract<Settings['network'], { type: 'existing' }>,
): ISubnet[] {
  return subnetIds.map((subnetId, index) => {
    const availabilityZone = availabilityZones[index % availabilityZones.length];
    const routeTableId = routeTableIds?.[index];
    return Subnet.fromSubnetAttributes(scope, `Subnet${index + 1}`, {
      subnetId,
      ...(availabilityZone === undefined ? {} : { availabilityZone }),
      ...(routeTableId === undefined ? {} : { routeTableId }),
    });
  });
}

function elasticAddressesBelow(scope: Construct): readonly string[] {
  return scope.node.findAll().flatMap((child) => (child instanceof CfnEIP ? child.attrPublicIp : []));
}
