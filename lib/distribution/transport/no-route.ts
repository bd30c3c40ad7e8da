import { isIP } from 'node:net';
import type { UeAddress } from '../../address/ue-address.ts';
import { DeliveryError } from '../errors.ts';

/** Whether a datagram can be sent to a port: 1 to 65535. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port <= 0xffff;
}

/** Why no socket can send to a UE; the message says what to do about it. */
export function noRoute({ address, port }: UeAddress): DeliveryError {
  return new DeliveryError('no-route', whyNot(isIP(address), port));
}

function whyNot(family: number, port: number): string {
  if (family === 0) return 'the UE address is not a numeric IP address';
  if (!isPort(port)) return 'the UE port is not from 1 to 65535';
  return `there is no IPv${family} socket: set a local IPv${family} address`;
}
