import * as v from 'valibot';
import { keySourceEntries } from '../../functions/key-request/key-source-settings.ts';
import { arn, image, imageSecretArn, whole } from './values.ts';

const diameterIdentity = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'a Diameter identity, which is an FQDN'),
);

/** One Diameter peer: the BSF itself, or an agent on the way to it. */
const peer = v.strictObject({
  /** Its Origin-Host. */
  identity: diameterIdentity,
  /** The name or address to connect to. */
  address: v.pipe(v.string(), v.nonEmpty('a name or an address')),
  /** 3868 is Diameter's over TCP, 5658 over TLS (RFC 6733 §2.1). */
  port: v.optional(whole(1, 65_535), 3868),
});

/** The BSF over Diameter Zn (TS 29.109): a Fargate service speaks it, and offers the function Nbsp_GBA. */
const zn = v.strictObject({
  /** The realm that the BSF serves. */
  realm: diameterIdentity,
  /** The realm of this BM-SC; undefined: the same. */
  originRealm: v.optional(diameterIdentity),
  /** The first one is used while it is there. */
  peers: v.pipe(v.array(peer), v.minLength(1), v.maxLength(2, 'at most two peers')),
  transport: v.optional(v.picklist(['tcp', 'tls']), 'tcp'),
  /** Tasks; each keeps a connection to every peer. */
  desiredCount: v.optional(whole(1, 10), 2),
  cpu: v.optional(v.picklist([256, 512, 1024]), 256),
  /** `build` makes the image at deployment, with Docker; else the name of one in a registry. */
  image: v.optional(image, 'build'),
  imageSecretArn,
});

/**
 * Where the keys of UEs come from that nobody provisioned: a BSF by `bsf` or `zn`, an AAnF by `aanf`. Each
 * association then is in the table as if it had been provisioned.
 */
export const keySource = v.pipe(
  v.strictObject({
    ...keySourceEntries,
    tlsSecretArn: v.optional(arn('secretsmanager', { resource: 'secret:.+' })),
    zn: v.optional(zn),
    /**
     * Whether the function stands in the VPC of the sender, to reach a network that is not on the internet;
     * `zn` needs it. A cold start is longer there, and the function needs `network.endpoints` or a way out.
     */
    inVpc: v.optional(v.boolean(), false),
  }),
  v.check(
    ({ bsf, zn, aanf }) => bsf !== undefined || zn !== undefined || aanf !== undefined,
    'bsf, zn or aanf',
  ),
  v.check(({ bsf, zn }) => bsf === undefined || zn === undefined, 'bsf or zn, not both: each is the BSF'),
  v.check(
    ({ bsf }) =>
      bsf === undefined || bsf.apiRoot !== undefined || bsf.discover || Object.keys(bsf.domains).length > 0,
    'bsf takes apiRoot, domains or discover',
  ),
  v.check(
    ({ aanf }) => aanf === undefined || aanf.apiRoot !== undefined || aanf.discover,
    'aanf takes apiRoot or discover',
  ),
  v.check(
    ({ bsf, aanf, nrf }) => nrf !== undefined || !(bsf?.discover || aanf?.discover),
    'discover needs nrf',
  ),
  v.check(
    ({ zn, tlsSecretArn }) => zn?.transport !== 'tls' || tlsSecretArn !== undefined,
    'zn.transport tls needs tlsSecretArn',
  ),
  v.check(({ zn, inVpc }) => zn === undefined || inVpc, 'zn needs inVpc: its service is in the VPC'),
);
