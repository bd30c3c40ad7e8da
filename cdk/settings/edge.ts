import * as v from 'valibot';
import { arn } from './values.ts';

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
      domainName: v.optional(v.string()),
      certificateArn: v.optional(arn('acm')),
      /** A web ACL of AWS WAF for CloudFront. */
      webAclArn: v.optional(arn('wafv2')),
    }),
    v.check(
      ({ domainName, certificateArn }) => (domainName === undefined) === (certificateArn === undefined),
      'domainName and certificateArn belong together',
    ),
  ),
  v.strictObject({
    type: v.literal('alb'),
    /** Networks that UEs come from. */
    ueNetworks: v.optional(v.pipe(v.array(v.string()), v.minLength(1)), ['10.0.0.0/8']),
    /** With a certificate the load balancer takes https too. */
    certificateArn: v.optional(arn('acm')),
  }),
]);
