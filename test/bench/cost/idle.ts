import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../../../cdk/build-app.ts';
import { parseSettings, type SettingsInput } from '../../../cdk/settings/index.ts';
import { PRICES } from './prices.ts';

const HOURS = 730;

/** Series that Container Insights has of one cluster, service and task family, by AWS's list of metrics. */
const INSIGHTS_SERIES = 38;

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** Deployments whose cost without any request is shown. */
export const DEPLOYMENTS: Readonly<Record<string, SettingsInput>> = {
  'profile `small`': { profile: 'small' },
  default: {},
  '`nat-gateway`': { network: { type: 'new', ueRouting: 'nat-gateway' } },
  '`private`': { network: { type: 'new', ueRouting: 'private' }, edge: { type: 'alb' } },
};

/** Dollars a month of a deployment that nobody asks, by what it pays for; from its templates. */
export function idleCostOf(input: SettingsInput): Readonly<Record<string, number>> {
  const resources = resourcesOf(input);
  const of = (type: string) => resources.filter(({ Type }) => Type === type);
  const tasks = of('AWS::ECS::Service').reduce(
    (sum, { Properties }) => sum + numberAt(Properties, 'DesiredCount'),
    0,
  );
  const [task] = of('AWS::ECS::TaskDefinition');
  const cpu = numberAt(task?.Properties, 'Cpu') / 1024;
  const memory = numberAt(task?.Properties, 'Memory') / 1024;
  const text = JSON.stringify(resources);
  const zonesOfEndpoints = of('AWS::EC2::VPCEndpoint').reduce(
    (sum, { Properties }) => sum + listAt(Properties, 'SubnetIds').length,
    0,
  );
  const gateways = of('AWS::EC2::NatGateway').length;
  const addresses = (text.includes('"AssignPublicIp":"ENABLED"') ? tasks : 0) + of('AWS::EC2::EIP').length;
  const costs = {
    sender: tasks * HOURS * (cpu * PRICES.fargateVcpuHour + memory * PRICES.fargateGbHour),
    'public IPv4 addresses': addresses * HOURS * PRICES.publicIpv4Hour,
    'interface endpoints': zonesOfEndpoints * HOURS * PRICES.endpointHour,
    'NAT gateways': gateways * HOURS * PRICES.natGatewayHour,
    'load balancer': of('AWS::ElasticLoadBalancingV2::LoadBalancer').length * HOURS * PRICES.loadBalancerHour,
    'KMS keys': of('AWS::KMS::Key').length * PRICES.kmsKey,
    secrets: of('AWS::SecretsManager::Secret').length * PRICES.secret,
    alarms: of('AWS::CloudWatch::Alarm').length * PRICES.alarm,
    dashboard: of('AWS::CloudWatch::Dashboard').length * PRICES.dashboard,
    'Container Insights': text.includes('"Value":"enabled"') ? INSIGHTS_SERIES * PRICES.customMetric : 0,
  };
  return costs;
}

/** The table of the page: a row for each thing that is paid for, a column for each deployment. */
export function idleTable(): string {
  const columns = Object.entries(DEPLOYMENTS).map(([name, input]) => ({ name, costs: idleCostOf(input) }));
  const things = Object.keys(columns[0]?.costs ?? {});
  const rows = things.map(
    (thing) => `| ${thing} | ${columns.map(({ costs }) => money(costs[thing] ?? 0)).join(' | ')} |`,
  );
  const totals = columns.map(({ costs }) => `**${money(totalOf(costs))}**`);
  return [
    `| $ a month | ${columns.map(({ name }) => name).join(' | ')} |`,
    `|---|${columns.map(() => '---').join('|')}|`,
    ...rows,
    `| **all** | ${totals.join(' | ')} |`,
  ].join('\n');
}

/** The sum of what is paid for. */
export function totalOf(costs: Readonly<Record<string, number>>): number {
  return Object.values(costs).reduce((sum, cost) => sum + cost, 0);
}

function money(dollars: number): string {
  return dollars === 0 ? '-' : dollars.toFixed(2);
}

function resourcesOf(input: SettingsInput): readonly Resource[] {
  const outdir = mkdtempSync(join(tmpdir(), 'bmsc-cost-'));
  try {
    const { app, data, service } = buildApp(parseSettings({ emulator: true, ...input }), {
      outdir,
      context: { 'aws:cdk:bundling-stacks': [] },
    });
    const { directory } = app.synth();
    return [data, service].flatMap(({ templateFile }) => {
      const template: { Resources: Record<string, Resource> } = JSON.parse(
        readFileSync(join(directory, templateFile), 'utf8'),
      );
      return Object.values(template.Resources);
    });
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function numberAt(properties: Resource['Properties'], name: string): number {
  return Number(properties?.[name] ?? 0);
}

function listAt(properties: Resource['Properties'], name: string): readonly unknown[] {
  const value = properties?.[name];
  return Array.isArray(value) ? value : [];
}
