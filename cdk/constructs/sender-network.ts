import { Validations } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
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
import { Construct } from 'constructs';
import type { Settings } from '../settings/index.ts';
import { servesIpv6 } from '../settings/network.ts';

/** Which network the sender stands in, and the UDP port it has there. */
export interface SenderNetworkProps {
  readonly network: Settings['network'];
  readonly udpPort: number;
  readonly logDays: Settings['retention']['logDays'];
}

type UeRouting = Settings['network']['ueRouting'];

const SUBNET_TYPE: Readonly<Record<UeRouting, SubnetType>> = {
  'public-address': SubnetType.PUBLIC,
  'nat-gateway': SubnetType.PRIVATE_WITH_EGRESS,
  private: SubnetType.PRIVATE_ISOLATED,
};

/** AWS services that the sender, and Fargate for it, call. */
const ENDPOINTS = {
  Queue: InterfaceVpcEndpointAwsService.SQS,
  Events: InterfaceVpcEndpointAwsService.EVENTBRIDGE,
  Kms: InterfaceVpcEndpointAwsService.KMS,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  ImageRegistry: InterfaceVpcEndpointAwsService.ECR,
  ImageLayers: InterfaceVpcEndpointAwsService.ECR_DOCKER,
} as const;

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

  constructor(scope: Construct, id: string, { network, udpPort, logDays }: SenderNetworkProps) {
    super(scope, id);
    this.ipv6 = servesIpv6(network);
    if (network.type === 'new') {
      this.vpc = createVpc(this, network, logDays);
      this.subnets = { subnetType: SUBNET_TYPE[network.ueRouting] };
    } else {
      const { vpcId, availabilityZones, vpcCidr } = network;
      this.vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
        vpcId,
        vpcCidrBlock: vpcCidr,
        availabilityZones: [...availabilityZones],
      });
      this.subnets = { subnets: existingSubnets(this, network) };
    }
    this.assignPublicIp = network.ueRouting === 'public-address';
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: this.vpc,
      description: 'BM-SC sender: MIKEY over UDP',
      allowAllIpv6Outbound: this.ipv6,
    });
    Validations.of(this.securityGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason:
        'UEs answer from anywhere; the setting network.ueNetworks narrows it, and what they send is authenticated.',
    });
    for (const from of network.ueNetworks) {
      // Explicit, since connection tracking forgets a UDP flow after 30 s and verification messages may come
      // later.
      const peer = from.includes(':') ? Peer.ipv6(from) : Peer.ipv4(from);
      this.securityGroup.addIngressRule(peer, Port.udp(udpPort), 'MIKEY verification messages');
    }
    this.endpoints = network.endpoints
      ? addEndpoints(this, this.vpc, this.subnets, this.securityGroup)
      : undefined;
  }
}

function createVpc(
  scope: Construct,
  network: Extract<Settings['network'], { type: 'new' }>,
  logDays: Settings['retention']['logDays'],
): Vpc {
  const { maxAzs, cidr, ueRouting, flowLogs } = network;
  const vpc = new Vpc(scope, 'Vpc', {
    // Amazon's own IPv6 addresses: a /56 for the VPC, a /64 for each subnet. `private` routes them nowhere;
    // with `nat-gateway` an egress-only gateway lets out what the sender sends, and in what answers it.
    ipProtocol: servesIpv6(network) ? IpProtocol.DUAL_STACK : IpProtocol.IPV4_ONLY,
    ipAddresses: IpAddresses.cidr(cidr),
    maxAzs,
    // Nothing uses that group, and closing it takes a function that may change any.
    restrictDefaultSecurityGroup: false,
    natGateways: ueRouting === 'nat-gateway' ? 1 : 0,
    subnetConfiguration: subnetsOf(ueRouting),
  });
  if (flowLogs) {
    const logGroup = new LogGroup(scope, 'FlowLogs', { retention: logDays });
    vpc.addFlowLog('FlowLog', { destination: FlowLogDestination.toCloudWatchLogs(logGroup) });
  }
  return vpc;
}

function subnetsOf(ueRouting: UeRouting): SubnetConfiguration[] {
  // Said for itself, since a VPC with IPv6 otherwise has another default for public subnets.
  const open = { subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true };
  if (ueRouting === 'public-address') return [{ name: 'Sender', ...open }];
  const sender = { name: 'Sender', subnetType: SUBNET_TYPE[ueRouting] };
  return ueRouting === 'nat-gateway' ? [sender, { name: 'Nat', ...open }] : [sender];
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

function addEndpoints(
  scope: Construct,
  vpc: IVpc,
  subnets: SubnetSelection,
  sender: SecurityGroup,
): SecurityGroup {
  vpc.addGatewayEndpoint('Table', { service: GatewayVpcEndpointAwsService.DYNAMODB, subnets: [subnets] });
  // Layers of images in ECR stand in S3.
  vpc.addGatewayEndpoint('LayerStore', { service: GatewayVpcEndpointAwsService.S3, subnets: [subnets] });
  const securityGroup = new SecurityGroup(scope, 'EndpointSecurityGroup', {
    vpc,
    description: 'BM-SC sender: endpoints of AWS services',
    allowAllOutbound: false,
  });
  securityGroup.addIngressRule(sender, Port.tcp(443), 'Calls of the sender');
  for (const [id, service] of Object.entries(ENDPOINTS))
    vpc.addInterfaceEndpoint(id, { service, subnets, securityGroups: [securityGroup], open: false });
  return securityGroup;
}
