import {
  GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  Port,
  SecurityGroup,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/** What the endpoints are for. */
interface Place extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  /** Of the sender. */
  readonly securityGroup: SecurityGroup;
}

/** Beside `SERVICES`, where there are traces. */
const OF_TRACES = { Traces: InterfaceVpcEndpointAwsService.XRAY } as const;

/** AWS services that the sender, and Fargate for it, call. */
const SERVICES = {
  Queue: InterfaceVpcEndpointAwsService.SQS,
  Events: InterfaceVpcEndpointAwsService.EVENTBRIDGE,
  Kms: InterfaceVpcEndpointAwsService.KMS,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  ImageRegistry: InterfaceVpcEndpointAwsService.ECR,
  ImageLayers: InterfaceVpcEndpointAwsService.ECR_DOCKER,
} as const;

/** The endpoints that are free of charge. */
export function addGatewayEndpoints(scope: Construct, { vpc, subnets }: Place): GatewayVpcEndpoint[] {
  const services = {
    Table: GatewayVpcEndpointAwsService.DYNAMODB,
    // Layers of images in ECR stand in S3.
    LayerStore: GatewayVpcEndpointAwsService.S3,
  };
  return Object.entries(services).map(
    ([id, service]) => new GatewayVpcEndpoint(scope, id, { vpc, service, subnets: [subnets] }),
  );
}

/** The endpoints that are paid by the hour in each zone, and their security group. */
export function addInterfaceEndpoints(
  scope: Construct,
  place: Place,
  { hasTraces }: { readonly hasTraces: boolean },
) {
  const { vpc, subnets } = place;
  const securityGroup = new SecurityGroup(place, 'EndpointSecurityGroup', {
    vpc,
    description: 'BM-SC sender: endpoints of AWS services',
    allowAllOutbound: false,
  });
  securityGroup.addIngressRule(place.securityGroup, Port.tcp(443), 'Calls of the sender');
  const endpoints = Object.entries({ ...SERVICES, ...(hasTraces && OF_TRACES) }).map(
    ([id, service]) =>
      new InterfaceVpcEndpoint(scope, id, {
        vpc,
        service,
        subnets,
        securityGroups: [securityGroup],
        open: false,
      }),
  );
  return { securityGroup, endpoints };
}
