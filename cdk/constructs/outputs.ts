import { Aws, Fn } from 'aws-cdk-lib';
import type { ISubnet } from 'aws-cdk-lib/aws-ec2';
import { EVENT_SOURCE } from '../../lib/events/contracts.ts';
import type { Settings } from '../settings/index.ts';
import type { BmscKeyManagement } from './bmsc-key-management.ts';

/** What the command line and operators' systems find a deployment by, and what an operator looks up. */
export function outputsOf(bmsc: BmscKeyManagement, settings: Settings): Readonly<Record<string, string>> {
  return {
    KeyManagementUrl: bmsc.keyManagementUrl,
    TableName: bmsc.keyStore.table.tableName,
    EncryptionKeyArn: bmsc.keyStore.encryptionKey.keyArn,
    NonceSecretArn: bmsc.keyStore.nonceSecret.secretArn,
    EventBusName: bmsc.eventBus.eventBusName,
    EventBusArn: bmsc.eventBus.eventBusArn,
    ScheduleGroupName: bmsc.scheduleGroupName,
    ScheduleRoleArn: bmsc.scheduleRoleArn,
    QueueUrl: bmsc.queue.queueUrl,
    DeadLetterQueueUrl: bmsc.deadLetterQueue.queueUrl,
    RuleDeadLetterQueueUrl: bmsc.ruleDeadLetterQueue.queueUrl,
    UeAddressFamilies: bmsc.network.ipv6 ? 'IPv4 and IPv6' : 'IPv4',
    CommandSource: settings.events.commandSources[0] ?? EVENT_SOURCE,
    KeyDomains: settings.keyDomains.join(',') || 'any',
    ...networkOutputsOf(bmsc),
    ...operationsOutputsOf(bmsc),
  };
}

/** What routes, firewalls and peers of the operator must know. */
function networkOutputsOf({ network }: BmscKeyManagement): Readonly<Record<string, string>> {
  const { vpc, subnets, natAddresses, securityGroup } = network;
  const selected = vpc.selectSubnets(subnets).subnets;
  // An imported subnet has no route table that is known.
  const routeTableIds = selected.flatMap((subnet) => routeTableIdOf(subnet) ?? []);
  return {
    VpcId: vpc.vpcId,
    SenderSubnetIds: listOf(selected.map(({ subnetId }) => subnetId)),
    SenderSecurityGroupId: securityGroup.securityGroupId,
    ...(routeTableIds.length === 0 ? {} : { SenderRouteTableIds: listOf([...new Set(routeTableIds)]) }),
    ...(natAddresses.length === 0 ? {} : { NatAddresses: listOf(natAddresses) }),
  };
}

/** Where to look when something is wrong. */
function operationsOutputsOf(bmsc: BmscKeyManagement): Readonly<Record<string, string>> {
  const {
    keyRequest,
    keyDistribution,
    keyRotation,
    provisioning,
    zn,
    traffic,
    keyExport,
    mbsFeed,
    mbsStatus,
    edge,
    dashboard,
    alarms,
  } = bmsc;
  const dashboardName = dashboard?.name;
  const console = `https://${Aws.REGION}.console.aws.amazon.com/cloudwatch/home?region=${Aws.REGION}`;
  return {
    ClusterName: keyDistribution.cluster.clusterName,
    SenderServiceName: keyDistribution.service.serviceName,
    KeyRequestLogGroup: keyRequest.logGroup.logGroupName,
    SenderLogGroup: keyDistribution.logGroup.logGroupName,
    KeyRotationLogGroup: keyRotation.logGroup.logGroupName,
    ProvisioningLogGroup: provisioning.logGroup.logGroupName,
    ...(edge.api === undefined ? {} : { AccessLogGroup: edge.api.logGroup.logGroupName }),
    ...(traffic === undefined ? {} : { TrafficLogGroup: traffic.logGroup.logGroupName }),
    ...(keyExport === undefined
      ? {}
      : {
          KeyExportFunctionName: keyExport.handler.functionName,
          KeyExportLogGroup: keyExport.logGroup.logGroupName,
        }),
    ...(mbsFeed === undefined ? {} : { MbsLogGroup: mbsFeed.logGroup.logGroupName }),
    ...(mbsStatus === undefined
      ? {}
      : { MbsStatusLogGroup: mbsStatus.logGroup.logGroupName, MbsStatusUrl: mbsStatus.url }),
    ...(zn === undefined ? {} : { ZnLogGroup: zn.logGroup.logGroupName }),
    ...(edge.originSecret === undefined ? {} : { OriginSecretArn: edge.originSecret.secretArn }),
    ...(dashboardName === undefined ? {} : { DashboardUrl: `${console}#dashboards:name=${dashboardName}` }),
    ...(alarms === undefined ? {} : { AlarmTopicArn: alarms.topic.topicArn }),
  };
}

function routeTableIdOf(subnet: ISubnet): string | undefined {
  try {
    return subnet.routeTable.routeTableId;
  } catch {
    return undefined;
  }
}

function listOf(values: readonly string[]): string {
  return Fn.join(',', [...values]);
}
