import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import type { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { synthesize } from './templates.ts';

/** Templates of the release before, with default settings. */
const RELEASE = join(import.meta.dirname, 'release');

/** What an update does to resources beside changing them in place: `impact type logical ID`. */
function lossesOf(stack: string, template: Template): string[] {
  const before = JSON.parse(readFileSync(join(RELEASE, `${stack}.json`), 'utf8'));
  const losses: string[] = [];
  fullDiff(before, template.toJSON()).resources.forEachDifference((id, { changeImpact, oldResourceType }) => {
    const isKept = [ResourceImpact.WILL_UPDATE, ResourceImpact.WILL_CREATE, ResourceImpact.NO_CHANGE];
    if (isKept.includes(changeImpact)) return;
    losses.push(`${changeImpact} ${oldResourceType} ${id.replace(/[0-9A-F]{8}$/, '')}`);
  });
  return losses.sort();
}

test('an update from the last release keeps table, keys and secrets, and replaces what has no state', () => {
  const { data, service } = synthesize();
  expect(lossesOf('BmscData', data)).toEqual([]);
  expect(lossesOf('BmscService', service)).toMatchInlineSnapshot(`
    [
      "WILL_DESTROY AWS::EC2::SecurityGroup BmscNetworkEndpointSecurityGroup",
      "WILL_DESTROY AWS::EC2::SecurityGroupIngress BmscNetworkEndpointSecurityGroupfromBmscServiceBmscNetworkSecurityGroupEA8C6F37443",
      "WILL_DESTROY AWS::EC2::VPCEndpoint BmscNetworkVpcEvents",
      "WILL_DESTROY AWS::EC2::VPCEndpoint BmscNetworkVpcImageLayers",
      "WILL_DESTROY AWS::EC2::VPCEndpoint BmscNetworkVpcImageRegistry",
      "WILL_DESTROY AWS::EC2::VPCEndpoint BmscNetworkVpcKms",
      "WILL_DESTROY AWS::EC2::VPCEndpoint BmscNetworkVpcLogs",
      "WILL_DESTROY AWS::EC2::VPCEndpoint BmscNetworkVpcQueue",
      "WILL_REPLACE AWS::ECS::TaskDefinition BmscKeyDistributionTask",
    ]
  `);
});

test('a table that would be replaced is noticed', () => {
  const { data } = synthesize();
  const template = data.toJSON();
  for (const resource of Object.values<{ Type: string; Properties: Record<string, unknown> }>(
    template.Resources,
  ))
    if (resource.Type === 'AWS::DynamoDB::Table') resource.Properties.TableName = 'another';
  expect(lossesOf('BmscData', { toJSON: () => template } as Template)).toHaveLength(1);
});
