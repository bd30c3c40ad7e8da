import { createHash, timingSafeEqual } from 'node:crypto';
import type { SecretKey } from '../keys/secret-key.ts';
import { FrontDoorError } from './errors.ts';
import { canonicalIpAddress } from './ip-address.ts';
import type { FrontDoorRequest } from './request.ts';

/** Header by which the edge proves that it, and nobody else, forwarded a request. */
export const ORIGIN_SECRET_HEADER = 'x-bmsc-origin-secret';

const VIEWER_ADDRESS_HEADER = 'cloudfront-viewer-address';

/**
 * The UE's own IP address in its canonical form; behind a NAT that of the NAT. What the edge says of its viewer is believed only with the origin secret;
 * otherwise it is the peer that the gateway saw. Without an `originSecret` there is no edge.
 * @throws FrontDoorError `no-source-address` where the event tells no IP address
 */
export function ueAddressOf(
  request: FrontDoorRequest,
  { originSecret }: { readonly originSecret?: SecretKey | undefined } = {},
): string {
  // The edge's own address is never that of a UE.
  const address = isFromEdge(request, originSecret)
    ? viewerAddressOf(request)
    : canonicalIpAddress(request.sourceAddress);
  if (address !== undefined) return address;
  throw new FrontDoorError(
    'no-source-address',
    'the event has no IP address of the UE; a load balancer must append it to X-Forwarded-For, and CloudFront tell it in CloudFront-Viewer-Address',
  );
}

/** Whether the edge forwarded a request: it bears the secret, compared in constant time. An empty secret proves nothing. */
export function isFromEdge({ headers }: FrontDoorRequest, originSecret: SecretKey | undefined): boolean {
  const proof = Buffer.from(headers.get(ORIGIN_SECRET_HEADER) ?? '');
  const secret = originSecret?.exposeOctets() ?? new Uint8Array();
  return timingSafeEqual(sha256(proof), sha256(secret)) && secret.length > 0;
}

/** `192.0.2.1:4711`, and for IPv6 `2001:db8::1:4711` without brackets: the port is after the last colon. */
function viewerAddressOf({ headers }: FrontDoorRequest): string | undefined {
  const viewer = headers.get(VIEWER_ADDRESS_HEADER) ?? '';
  return canonicalIpAddress(viewer.slice(0, Math.max(0, viewer.lastIndexOf(':'))));
}

/** Digests have one length, so comparing them tells nothing of the secret's. */
function sha256(octets: Uint8Array): Uint8Array {
  return createHash('sha256').update(octets).digest();
}
