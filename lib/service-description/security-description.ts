import type { KeyDomainId } from '../keys/key-domain-id.ts';
import type { MskId } from '../keys/msk-id.ts';
import { ServiceDescriptionError } from './errors.ts';

/** What a User Service's description tells UEs of its security (TS 26.346 §11.3, TS 26.517 §11.2). */
export interface SecurityDescription {
  /** Key management URIs, one or more: a UE takes one, and another only when that does not answer. */
  readonly servers: readonly string[];
  /** How long UEs wait before a request; undefined: not at all. */
  readonly backOff: BackOff | undefined;
  /** The MSKs that protect it; Key Number 0x0 stands for the current one. 4G alone says so. */
  readonly keys: readonly DescribedKey[];
}

/** An MSK, and what is protected under it. */
export interface DescribedKey {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  /** Where the media goes, such as `239.255.0.1:5004`; none: all of the User Service. */
  readonly flows: readonly string[];
}

/** UEs that want something at the same moment ask at different times; whole seconds (TS 26.346 §11.3.1). */
export interface BackOff {
  /** Waited in any case. */
  readonly offsetTime: number;
  /** Within it each UE waits a random time besides. */
  readonly randomTimePeriod: number;
}

/** A day: a description that makes UEs wait longer is wrong. */
const MAX_SECONDS = 86_400;

/**
 * How long a UE waits before its request, in ms: the offset, and a part of the period.
 * @param random from 0 up to, without, 1
 */
export function waitOf({ offsetTime, randomTimePeriod }: BackOff, random: number): number {
  return (offsetTime + random * randomTimePeriod) * 1000;
}

/**
 * The period within which so many UEs send no more than `perSecond` requests a second on average, in whole
 * seconds. In single seconds it is more: with 100 a second, hardly ever above 150.
 */
export function periodFor(ues: number, perSecond: number): number {
  return Math.ceil(ues / perSecond);
}

/** Checks what a document says. @throws ServiceDescriptionError `no-server`, `bad-value` */
export function checked(description: SecurityDescription): SecurityDescription {
  const { servers, backOff } = description;
  if (servers.length === 0) throw new ServiceDescriptionError('no-server', 'the description names no server');
  for (const server of servers)
    if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
      throw new ServiceDescriptionError('bad-value', `a server is an http or https URI, not "${server}"`);
  for (const [name, value] of Object.entries(backOff ?? {}))
    if (!Number.isInteger(value) || value < 0 || value > MAX_SECONDS)
      throw new ServiceDescriptionError(
        'bad-value',
        `${name} is a whole number of up to ${MAX_SECONDS} seconds, not ${value}`,
      );
  return description;
}
