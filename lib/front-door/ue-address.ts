import { hash, timingSafeEqual } from 'node:crypto';
import { canonicalIpAddress } from '../address/ip-address.ts';
import type { SecretKey } from '../keys/secret-key.ts';
import { FrontDoorError } from './errors.ts';
import type { FrontDoorRequest } from './request.ts';

/** Header by which the edge proves that it forwarded a request. */
export const ORIGIN_SECRET_HEADER = 'x-bmsc-origin-secret';

const VIEWER_ADDRESS_HEADER = 'cloudfront-viewer-address';

/**
 * The UE's IP address in its canonical form, or that of the UE's NAT. Takes the edge's word for it only when
 * the request bears an origin secret, and otherwise the gateway's peer. Without `originSecrets` there is
 * no edge.
 * @throws FrontDoorError `no-source-address` when the event has no IP address
 */
export function ueAddressOf(request: FrontDoorRequest, originSecrets: readonly SecretKey[] = []): string {
  // Behind the edge, the gateway's peer is the edge itself.
  const address = isFromEdge(request, originSecrets)
    ? viewerAddressOf(request)
    : canonicalIpAddress(request.sourceAddress);
  if (address !== undefined) return address;
  throw new FrontDoorError(
    'no-source-address',
    'the event has no IP address of the UE: a load balancer must append it to X-Forwarded-For, ' +
      'and CloudFront must send CloudFront-Viewer-Address',
  );
}

/** Whether a request bears a secret of the edge; compares in constant time. An empty secret never matches. */
export function isFromEdge({ headers }: FrontDoorRequest, originSecrets: readonly SecretKey[]): boolean {
  if (originSecrets.length === 0) return false;
  const proof = sha256(Buffer.from(headers.get(ORIGIN_SECRET_HEADER) ?? ''));
  return originSecrets.some((originSecret) => {
    const secret = originSecret.exposeOctets();
    return timingSafeEqual(proof, sha256(secret)) && secret.length > 0;
  });
}

/**
 * CloudFront writes `192.0.2.1:4711`, and `2001:db8::1:4711` without brackets, which are taken too: the port
 * follows the last colon.
 */
function viewerAddressOf({ headers }: FrontDoorRequest): string | undefined {
  const viewer = headers.get(VIEWER_ADDRESS_HEADER) ?? '';
  const address = viewer.slice(0, Math.max(0, viewer.lastIndexOf(':')));
  return canonicalIpAddress(address.replace(/^\[(.*:.*)\]$/, '$1'));
}

/** All digests have one length, so a comparison does not reveal the secret's length. */
function sha256(octets: Uint8Array): Uint8Array {
  return hash('sha256', octets, 'buffer');
}
