import { Validations } from 'aws-cdk-lib';
import { InterfaceVpcEndpointAwsService, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { SenderNetwork } from './sender-network.ts';

/** What Lambda does in the name of a function that stands in a VPC. */
const NETWORK_INTERFACE_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** The endpoint that functions read their credentials by; one for all of them. */
const SECRETS_ENDPOINT = 'Secrets';

/**
 * Puts a function beside the sender, whose network has a way to the operator's.
 * @param name of the function, for people
 */
export function placeInVpc(
  scope: Construct,
  role: Role,
  { vpc, subnets, endpoints }: SenderNetwork,
  name: string,
) {
  const securityGroup = new SecurityGroup(scope, 'SecurityGroup', { vpc, description: `BM-SC ${name}` });
  if (endpoints !== undefined) {
    endpoints.addIngressRule(securityGroup, Port.tcp(443), `Calls of the ${name}`);
    if (vpc.node.tryFindChild(SECRETS_ENDPOINT) === undefined) {
      const service = InterfaceVpcEndpointAwsService.SECRETS_MANAGER;
      vpc.addInterfaceEndpoint(SECRETS_ENDPOINT, {
        service,
        subnets,
        securityGroups: [endpoints],
        open: false,
      });
    }
  }
  role.addToPolicy(new PolicyStatement({ actions: NETWORK_INTERFACE_ACTIONS, resources: ['*'] }));
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'Lambda makes the network interfaces of a function in a VPC, which have no names before.',
  });
  // A function has no public address, even there: it reaches AWS by the endpoints.
  return { vpc, vpcSubnets: subnets, securityGroup, allowPublicSubnet: true };
}
