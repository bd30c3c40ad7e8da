import * as v from 'valibot';
import { keyDomainIdOfText } from '../../lib/keys/key-domain-id.ts';
import { type IpNetwork, ipNetworkOfText, isWithin, textOfIpNetwork } from './ip-network.ts';

/** A whole number from `min` to `max`. */
export const whole = (min: number, max: number) =>
  v.pipe(
    v.number(),
    v.integer('a whole number'),
    v.minValue(min, `from ${min} to ${max}`),
    v.maxValue(max, `from ${min} to ${max}`),
  );

/** A number from `min` to `max`. */
export const within = (min: number, max: number) =>
  v.pipe(v.number(), v.minValue(min, `from ${min} to ${max}`), v.maxValue(max, `from ${min} to ${max}`));

/** Which ARNs a setting takes. */
interface ArnShape {
  /** @default any */
  readonly region?: string;
  /** A regular expression of what follows the account. */
  readonly resource: string;
  /** Said of another one, after "an ARN of `service`". */
  readonly message?: string;
}

/** The ARN of a resource of one AWS service: partition, service, region and account all stand in it. */
export const arn = (service: string, { region = '[a-z]+(?:-[a-z0-9]+)+', resource, message }: ArnShape) =>
  v.pipe(
    v.string(),
    v.check(
      (text) =>
        isToken(text) || new RegExp(`^arn:aws[a-z-]*:${service}:${region}:[0-9]{12}:${resource}$`).test(text),
      `an ARN of ${service}${message === undefined ? '' : `, ${message}`}`,
    ),
  );

/** Domain names have labels of letters, digits and hyphens, of 1 to 63 octets, and 253 octets in all. */
export const fqdn = v.pipe(
  v.string(),
  v.regex(
    /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/,
    'an FQDN',
  ),
);

/** An IPv4 or IPv6 network such as `10.0.0.0/8`, in its canonical form. */
export const cidr = v.pipe(
  v.string(),
  v.check((text) => ipNetworkOfText(text) !== undefined, 'a network such as 10.0.0.0/8 or 2001:db8::/32'),
  v.transform((text) => {
    const network = ipNetworkOfText(text);
    return network === undefined ? text : textOfIpNetwork(network);
  }),
);

/** Networks of UEs; a security group holds at most 1000 rules. */
export const ueNetworks = v.pipe(
  v.array(cidr),
  v.minLength(1, 'one network or more'),
  v.maxLength(1000, 'at most 1000 networks'),
);

/** EC2 makes no VPC within these. */
const NOT_FOR_A_VPC = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4'].flatMap(
  (text) => ipNetworkOfText(text) ?? [],
);

/** The IPv4 network of a VPC: /16 to /28. */
export const vpcCidr = v.pipe(
  cidr,
  v.check(
    (text) => isNetworkOfVpc(ipNetworkOfText(text)),
    'an IPv4 network from /16 to /28, not within 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 or 224.0.0.0/4',
  ),
);

function isNetworkOfVpc(network: IpNetwork | undefined): boolean {
  if (network === undefined || network.family !== 4) return false;
  const { prefixLength } = network;
  return (
    prefixLength >= 16 &&
    prefixLength <= 28 &&
    !NOT_FOR_A_VPC.some((forbidden) => isWithin(network, forbidden))
  );
}

/** `build`, or the name of an image as Docker has it: its repository in lower case, a tag or a digest. */
export const image = v.pipe(
  v.string(),
  v.check((text) => isToken(text) || IMAGE_NAME.test(text), '"build", or the name of an image'),
);

/** A secret with `username` and `password` for an image's registry; ECR needs none. */
export const imageSecretArn = v.optional(arn('secretsmanager', { resource: 'secret:.+' }));

const IMAGE_NAME =
  /^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

/** The ID of a resource of EC2, such as `vpc-0a1b2c3d`. */
export const resourceId = (prefix: string) =>
  v.pipe(
    v.string(),
    v.check(
      (text) => isToken(text) || new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`).test(text),
      `an ID such as ${prefix}-0a1b2c3d`,
    ),
  );

/** Whether a construct of the operator's own app gives the value, which only CloudFormation then knows. */
function isToken(text: string): boolean {
  return text.includes('${Token[');
}

/** MCC and MNC, as `001-01`. */
export function isPlmn(text: string): boolean {
  return /^[0-9]{3}-[0-9]{2,3}$/.test(text) && keyDomainIdOfText(text).length > 0;
}
