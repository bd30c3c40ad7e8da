import * as v from 'valibot';
import { resourceId, ueNetworks, vpcCidr, whole } from './values.ts';

/**
 * How the sender's datagrams reach UEs; docs/network.md compares them:
 * `public-address`: tasks have public addresses, and UEs see the sender's own port;
 * `nat-gateway`: UEs see fixed addresses, with ports that the gateway chooses;
 * `private`: no way to the internet: the operator's own routing leads to the UEs.
 */
const ueRouting = v.optional(v.picklist(['public-address', 'nat-gateway', 'private']), 'public-address');

const common = {
  ueRouting,
  /** Networks that verification messages may come from. Default: all, of IPv6 only with `ipv6`. */
  ueNetworks: v.optional(ueNetworks),
  /**
   * Interface endpoints of AWS's services in the VPC, paid by the hour, so that they are reached without the
   * internet. Default: in a new network where there is no other way to AWS.
   */
  endpoints: v.optional(v.boolean()),
};

/** Names of Availability Zones, such as `eu-west-1a`. */
const availabilityZones = v.pipe(
  v.array(v.pipe(v.string(), v.nonEmpty('a name such as eu-west-1a'))),
  v.minLength(1, 'one name or more'),
);

/** A network with its `ueNetworks`, which by default are all of the families that it has. */
function withUeNetworks<T extends { ipv6: boolean; ueNetworks?: string[] | undefined }>(network: T) {
  const all = network.ipv6 ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0'];
  return { ...network, ueNetworks: network.ueNetworks ?? all };
}

/** The network that the sender stands in: one of its own, or an existing one. */
export const network = v.variant('type', [
  v.pipe(
    v.strictObject({
      type: v.literal('new'),
      ...common,
      /** Whether the VPC has IPv6 too, so that UEs with IPv6 are reached. */
      ipv6: v.optional(v.boolean(), true),
      /** Availability Zones: the account's first ones, unless `availabilityZones` names them. */
      maxAzs: v.optional(whole(1, 3), 2),
      /** In place of `maxAzs`. Zones without Fargate, or without the endpoints, can be left out so. */
      availabilityZones: v.optional(v.pipe(availabilityZones, v.maxLength(3, 'at most three'))),
      /** With `nat-gateway`: one for all zones, or one in each, so that a zone that fails stops no other. */
      natGateways: v.optional(v.picklist(['one', 'per-zone'])),
      cidr: v.optional(vpcCidr, '10.69.0.0/16'),
      flowLogs: v.optional(v.boolean(), true),
    }),
    v.transform(withUeNetworks),
  ),
  v.pipe(
    v.strictObject({
      type: v.literal('existing'),
      ...common,
      /** Whether the subnets have IPv6 too, with a route to the UEs. */
      ipv6: v.optional(v.boolean(), false),
      vpcId: resourceId('vpc'),
      vpcCidr,
      availabilityZones,
      /** One subnet for each Availability Zone: public ones for `public-address`, else private ones. */
      subnetIds: v.pipe(v.array(resourceId('subnet')), v.minLength(1, 'one ID or more')),
      /** One route table for each subnet; needed for `endpoints`. */
      routeTableIds: v.optional(v.array(resourceId('rtb'))),
    }),
    v.transform(withUeNetworks),
  ),
  v.pipe(
    /** The VPC that the property `vpc` or `cluster` of the construct gives: not for settings of an app. */
    v.strictObject({
      type: v.literal('construct'),
      ...common,
      /** Whether the subnets have IPv6 too, with a route to the UEs. */
      ipv6: v.optional(v.boolean(), false),
    }),
    v.transform(withUeNetworks),
  ),
]);

type Network = v.InferOutput<typeof network>;

/** Settings with `network.endpoints` decided: a network that has another way to AWS needs none. */
export function withEndpoints<
  T extends {
    readonly network: Network;
    readonly keySource?: { readonly inVpc: boolean } | undefined;
  },
>(settings: T) {
  const { type, ueRouting, endpoints } = settings.network;
  // A function in a VPC has no public address, whatever its subnet.
  const isCutOff =
    ueRouting === 'private' || (ueRouting === 'public-address' && settings.keySource?.inVpc === true);
  const decided = { endpoints: endpoints ?? (type === 'new' && isCutOff) };
  return { ...settings, network: { ...settings.network, ...decided } };
}

/** The Availability Zones of a new network, how many. */
export function zonesOf(network: { maxAzs: number; availabilityZones?: readonly string[] | undefined }) {
  return network.availabilityZones?.length ?? network.maxAzs;
}

/**
 * Whether UEs with IPv6 are served: the network has it, and verification messages may come from there. What
 * stands in front takes requests over IPv6 only then, since a UE is sent its MSKs where it asked from.
 */
export function servesIpv6({ ipv6, ueNetworks: from }: Network): boolean {
  return ipv6 && from.some((text) => text.includes(':'));
}
