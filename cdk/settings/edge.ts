import * as v from 'valibot';
import { arn, fqdn, ueNetworks } from './values.ts';

/** A certificate of ACM. */
const certificate = { resource: 'certificate/[A-Za-z0-9-]+' };

/**
 * What stands in front of the Key Request function (docs/adr/0001-front-door.md):
 * `cloudfront`: http and https from the internet; `alb`: an internal load balancer for private networks, http
 * and, with a certificate, https; `none`: the HTTP API itself, https only.
 */
export const edge = v.variant('type', [
  v.strictObject({ type: v.literal('none') }),
  v.pipe(
    v.strictObject({
      type: v.literal('cloudfront'),
      /** A name of the operator's own; its certificate stands in us-east-1. */
      domainName: v.optional(fqdn),
      certificateArn: v.optional(
        arn('acm', {
          ...certificate,
          region: 'us-east-1',
          message: 'in us-east-1, for CloudFront takes no other',
        }),
      ),
      /**
       * The version of the origin secret that the distribution sends, by its ID: set it after the secret has
       * got a new value, for a deployment reads a value only where the template has changed.
       */
      originSecretVersion: v.optional(
        v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{32,64}$/, 'the ID of a version')),
      ),
      /** A web ACL of AWS WAF for CloudFront. */
      webAclArn: v.optional(
        arn('wafv2', {
          region: 'us-east-1',
          resource: 'global/webacl/[^/]+/[^/]+',
          message: 'in us-east-1 and global, for CloudFront takes no other',
        }),
      ),
    }),
    v.check(
      ({ domainName, certificateArn }) => (domainName === undefined) === (certificateArn === undefined),
      'domainName and certificateArn belong together',
    ),
  ),
  v.strictObject({
    type: v.literal('alb'),
    /** Networks that UEs come from. */
    ueNetworks: v.optional(ueNetworks, ['10.0.0.0/8']),
    /** With a certificate the load balancer takes https too. */
    certificateArn: v.optional(arn('acm', certificate)),
  }),
]);
