import { timingSafeEqual } from 'node:crypto';
import type { FrontDoorRequest } from './request.ts';

/** Header by which the edge proves that it, and nobody else, forwarded a request. */
export const ORIGIN_SECRET_HEADER = 'x-bmsc-origin-secret';

/**
 * The UE's own IP address. What the edge says of its viewer is believed only with the origin secret;
 * otherwise it is the peer that the gateway saw.
 */
export function ueAddressOf(
  request: FrontDoorRequest,
  { originSecret }: { readonly originSecret?: string } = {},
): string {
  const viewer = request.headers.get('cloudfront-viewer-address');
  const proof = request.headers.get(ORIGIN_SECRET_HEADER);
  if (viewer === undefined || proof === undefined || originSecret === undefined) return request.sourceAddress;
  if (!isSame(proof, originSecret)) return request.sourceAddress;
  // `192.0.2.1:4711`, and for IPv6 `2001:db8::1:4711` without brackets: the port is after the last colon.
  return viewer.slice(0, viewer.lastIndexOf(':'));
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}
