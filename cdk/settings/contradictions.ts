import type * as v from 'valibot';
import { SERVICE_DESCRIPTION_PATH } from '../../functions/key-request/service-description.ts';
import { parseEcrImage } from './ecr-image.ts';
import type { edge } from './edge.ts';
import { ipNetworkOfText } from './ip-network.ts';
import type { keySource } from './key-source.ts';
import { type network, servesIpv6, zonesOf } from './network.ts';
import { memoryOfCpu, type sender } from './sender.ts';
import type { traffic } from './traffic.ts';

/** The settings of which one may contradict another. */
export interface Contradicting {
  readonly sender: v.InferOutput<typeof sender>;
  readonly network: v.InferOutput<typeof network> & { readonly endpoints: boolean };
  readonly edge: v.InferOutput<typeof edge>;
  readonly operations: {
    readonly containerInsights: boolean;
    readonly traces: boolean;
    readonly collectorImage: string;
  };
  readonly keySource?: v.InferOutput<typeof keySource> | undefined;
  readonly keyManagementPath: string;
  readonly serviceDescription?: object | undefined;
  readonly traffic?: v.InferOutput<typeof traffic> | undefined;
}

/** A setting that is right by itself, but not with the others. */
export interface Contradiction {
  /** Its path, such as `sender.memoryMiB`. */
  readonly setting: string;
  readonly message: string;
}

type NewNetwork = Extract<Contradicting['network'], { type: 'new' }>;
type ExistingNetwork = Extract<Contradicting['network'], { type: 'existing' }>;
type LoadBalancer = Extract<Contradicting['edge'], { type: 'alb' }>;

/** A load balancer takes no subnet that is smaller. */
const LONGEST_PREFIX_OF_BALANCER = 27;
/** EC2 makes no subnet that is smaller. */
const LONGEST_PREFIX = 28;

/** All that AWS would refuse, or that would never work, though each setting alone may. */
export function contradictionsOf(settings: Contradicting): readonly Contradiction[] {
  const { network, edge } = settings;
  return [
    ...ofSender(settings),
    ...ofImages(settings),
    ...(network.type === 'new' ? ofNewNetwork(network, settings) : []),
    ...(network.type === 'existing' ? ofExistingNetwork(network) : []),
    ...ofUeNetworks(network),
    ...(edge.type === 'alb' ? ofLoadBalancer(edge, network) : []),
    ...ofPaths(settings),
  ];
}

function* ofPaths({ keyManagementPath, serviceDescription }: Contradicting): Iterable<Contradiction> {
  const isTaken = `${keyManagementPath}/`.startsWith(`${SERVICE_DESCRIPTION_PATH}/`);
  if (serviceDescription !== undefined && isTaken)
    yield {
      setting: 'keyManagementPath',
      message: `another path than ${SERVICE_DESCRIPTION_PATH}, where service descriptions are`,
    };
}

function* ofSender({
  sender: { cpu, memoryMiB, scaling },
  operations: { containerInsights },
}: Contradicting): Iterable<Contradiction> {
  const possible = memoryOfCpu(cpu);
  if (!possible.includes(memoryMiB))
    yield {
      setting: 'sender.memoryMiB',
      message: `with cpu ${cpu} Fargate has ${textOfMemory(possible)}, not ${memoryMiB}`,
    };
  if (scaling !== undefined && scaling.minCount > scaling.maxCount)
    yield {
      setting: 'sender.scaling.minCount',
      message: `at most maxCount, which is ${scaling.maxCount}`,
    };
  if (scaling !== undefined && !containerInsights)
    yield {
      setting: 'operations.containerInsights',
      message: 'true, for sender.scaling counts tasks by them',
    };
}

function* ofImages({
  sender,
  network,
  keySource,
  traffic,
  operations,
}: Contradicting): Iterable<Contradiction> {
  const isCutOff = network.type === 'new' && network.ueRouting === 'private';
  if (isCutOff && operations.traces && parseEcrImage(operations.collectorImage) === undefined)
    yield {
      setting: 'operations.collectorImage',
      message: 'one in ECR, for a new private network has no way to other registries',
    };
  const images = {
    sender,
    ...(keySource?.zn && { 'keySource.zn': keySource.zn }),
    ...(traffic && { traffic }),
  };
  for (const [path, { image, imageSecretArn }] of Object.entries(images)) {
    const isElsewhere = image !== 'build' && parseEcrImage(image) === undefined;
    if (imageSecretArn !== undefined && !isElsewhere)
      yield {
        setting: `${path}.imageSecretArn`,
        message: 'only with an image of another registry than ECR, which takes the role of the task',
      };
    if (isElsewhere && isCutOff && tasksOf(sender) > 0)
      yield {
        setting: `${path}.image`,
        message: 'one in ECR, for a new private network has no way to other registries',
      };
  }
}

/** Tasks at the end of a deployment. */
function tasksOf({ scaling, desiredCount }: Contradicting['sender']): number {
  return scaling?.minCount ?? desiredCount;
}

function textOfMemory(sizes: readonly number[]): string {
  if (sizes.length <= 4) return sizes.join(', ');
  return `${sizes[0]} to ${sizes.at(-1)} in steps of 1024`;
}

function* ofNewNetwork(
  network: NewNetwork,
  { sender, edge, keySource }: Contradicting,
): Iterable<Contradiction> {
  const { cidr, ueRouting, endpoints } = network;
  const subnets = zonesOf(network) * (ueRouting === 'nat-gateway' ? 2 : 1);
  const longest = edge.type === 'alb' ? LONGEST_PREFIX_OF_BALANCER : LONGEST_PREFIX;
  const prefixLength = (ipNetworkOfText(cidr)?.prefixLength ?? 0) + Math.ceil(Math.log2(subnets));
  if (prefixLength > longest)
    yield {
      setting: 'network.cidr',
      message: `too small for ${subnets} subnets, each a /${longest} or larger`,
    };
  yield* ofZones(network);
  if (ueRouting === 'private' && !endpoints && tasksOf(sender) > 0)
    yield {
      setting: 'network.endpoints',
      message: 'true, for a new private network has no other way to AWS, and no task would start',
    };
  if (keySource?.inVpc === true && ueRouting !== 'nat-gateway' && !endpoints)
    yield {
      setting: 'network.endpoints',
      message: 'true, for the Key Request function has no other way to AWS with keySource.inVpc',
    };
}

function* ofZones({ availabilityZones = [], natGateways, ueRouting }: NewNetwork): Iterable<Contradiction> {
  if (new Set(availabilityZones).size < availabilityZones.length)
    yield { setting: 'network.availabilityZones', message: 'each of them once' };
  if (natGateways !== undefined && ueRouting !== 'nat-gateway')
    yield { setting: 'network.natGateways', message: 'only with network.ueRouting "nat-gateway"' };
}

function* ofExistingNetwork(network: ExistingNetwork): Iterable<Contradiction> {
  const { availabilityZones, subnetIds, routeTableIds, endpoints } = network;
  for (const [name, values] of Object.entries({ availabilityZones, subnetIds }))
    if (new Set(values).size < values.length)
      yield { setting: `network.${name}`, message: 'each of them once' };
  if (subnetIds.length < availabilityZones.length)
    yield { setting: 'network.subnetIds', message: 'one for each of availabilityZones, or more' };
  if (routeTableIds !== undefined && routeTableIds.length !== subnetIds.length)
    yield { setting: 'network.routeTableIds', message: 'one for each of subnetIds' };
  if (routeTableIds === undefined && endpoints)
    yield { setting: 'network.routeTableIds', message: 'one for each of subnetIds, for endpoints' };
}

function* ofLoadBalancer(edge: LoadBalancer, network: Contradicting['network']): Iterable<Contradiction> {
  const needs = 'two or more with edge.type "alb": a load balancer stands in two Availability Zones';
  if (network.type === 'new' && zonesOf(network) < 2) {
    const name = network.availabilityZones === undefined ? 'maxAzs' : 'availabilityZones';
    yield { setting: `network.${name}`, message: needs };
  }
  if (network.type === 'existing' && network.availabilityZones.length < 2)
    yield { setting: 'network.availabilityZones', message: needs };
  if (network.type === 'existing' && network.subnetIds.length > network.availabilityZones.length)
    yield {
      setting: 'network.subnetIds',
      message: 'one for each of availabilityZones, with edge.type "alb"',
    };
  for (const [index, text] of edge.ueNetworks.entries())
    if (text.includes(':') && !servesIpv6(network))
      yield {
        setting: `edge.ueNetworks.${index}`,
        message: 'an IPv4 network, unless network.ipv6 is true and network.ueNetworks has IPv6 too',
      };
}

function* ofUeNetworks({ ipv6, ueNetworks }: Contradicting['network']): Iterable<Contradiction> {
  for (const [index, text] of ueNetworks.entries())
    if (text.includes(':') && !ipv6)
      yield {
        setting: `network.ueNetworks.${index}`,
        message: 'an IPv4 network, unless network.ipv6 is true',
      };
}
