import * as v from 'valibot';
import { cidr, whole } from './values.ts';

/**
 * How the sender's datagrams reach UEs; docs/network.md compares them:
 * `public-address`: tasks have public addresses, and UEs see the sender's own port;
 * `nat-gateway`: UEs see fixed addresses, with ports that the gateway chooses;
 * `private`: no way to the internet: the operator's own routing leads to the UEs.
 */
const ueRouting = v.optional(v.picklist(['public-address', 'nat-gateway', 'private']), 'public-address');

const common = {
  ueRouting,
  /** Networks that verification messages may come from. */
  ueNetworks: v.optional(v.pipe(v.array(cidr), v.minLength(1)), ['0.0.0.0/0']),
  /** Endpoints of AWS's services in the VPC, so that the sender reaches them without the internet. */
  endpoints: v.optional(v.boolean(), true),
};

/** The network that the sender stands in: one of its own, or an existing one. */
export const network = v.variant('type', [
  v.strictObject({
    type: v.literal('new'),
    ...common,
    maxAzs: v.optional(whole(1, 3), 2),
    cidr: v.optional(cidr, '10.69.0.0/16'),
    flowLogs: v.optional(v.boolean(), true),
  }),
  v.strictObject({
    type: v.literal('existing'),
    ...common,
    endpoints: v.optional(v.boolean(), false),
    vpcId: v.string(),
    vpcCidr: cidr,
    availabilityZones: v.pipe(v.array(v.string()), v.minLength(1)),
    /** One subnet for each Availability Zone: public ones for `public-address`, else private ones. */
    subnetIds: v.pipe(v.array(v.string()), v.minLength(1)),
    /** One route table for each subnet; needed for `endpoints`. */
    routeTableIds: v.optional(v.array(v.string())),
  }),
]);
