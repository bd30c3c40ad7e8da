import { isIP } from 'node:net';

/** Whether a numeric address is one of multicast: 224.0.0.0/4, ff00::/8. */
export function isMulticastAddress(address: string): boolean {
  if (isIP(address) === 6) return address.toLowerCase().startsWith('ff');
  const [first] = address.split('.');
  return isIP(address) === 4 && Number(first) >= 224 && Number(first) <= 239;
}
