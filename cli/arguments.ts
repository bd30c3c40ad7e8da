import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { UeAddress } from '../lib/address/ue-address.ts';
import { type Btid, parseBtid as btidOfText } from '../lib/gba/btid.ts';
import { type Impi, parseImpi as impiOfText } from '../lib/gba/impi.ts';
import type { KeyIdentification } from '../lib/key-management/payload/msk-request.ts';
import { type KeyDomainId, keyDomainIdOfText } from '../lib/keys/key-domain-id.ts';
import {
  parseKeyGroup as keyGroupOfText,
  type MskId,
  parseMskId as mskIdOfText,
} from '../lib/keys/msk-id.ts';
import type { KeyGroupRef } from '../lib/store/key-group/key-group-item.ts';
import { parseServiceId as serviceIdOfText } from '../lib/store/registration/service-id.ts';

/** Timers of Node take no more than 24 days. */
const MAX_WAIT_S = 2_000_000;

/** A year. */
const MAX_LIFETIME_S = 31_536_000;

// Parsers of arguments and options. Each throws commander's InvalidArgumentError, which the command line
// reports.

export const parseBtid: (text: string) => Btid = parser(btidOfText);
export const parseImpi: (text: string) => Impi = parser(impiOfText);
export const parseImpis = listParser(impiOfText);
export const parseServiceId: (text: string) => string = parser(serviceIdOfText);
export const parseServiceIds = listParser(serviceIdOfText);
/** `00f110`, or MCC and MNC as `001-01`. */
export const parseKeyDomainId: (text: string) => KeyDomainId = parser(keyDomainIdOfText);
/** 8 hexadecimal digits: Key Group, Key Number. */
export const parseMskId: (text: string) => MskId = parser(mskIdOfText);
/** 4 hexadecimal digits. */
export const parseKeyGroup: (text: string) => number = parser(keyGroupOfText);
/** `KEYDOMAIN/KEYGROUP`, such as `00f110/0001`; repeatable. */
export const parseKeyGroupRefs = listParser((text: string): KeyGroupRef => {
  const [domain, group] = twoParts(text, 'KEYDOMAIN/KEYGROUP');
  return { keyDomainId: keyDomainIdOfText(domain), keyGroup: keyGroupOfText(group) };
});
/** `KEYDOMAIN/MSKID`, such as `00f110/00010000`; repeatable. */
export const parseKeyIdentifications = listParser((text: string): KeyIdentification => {
  const [domain, id] = twoParts(text, 'KEYDOMAIN/MSKID');
  return { keyDomainId: keyDomainIdOfText(domain), mskId: mskIdOfText(id) };
});
export const parsePort = parser((text: string): number => {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`a port is a number from 0 to 65535, not "${text}"`);
  return port;
});
/** A numeric address and a TCP port, `127.0.0.1:8090` or `[::1]:8090`. */
export const parseListenAddress = parser((text: string): UeAddress => {
  const [, address = '', port = ''] = /^\[?([^\]]+?)\]?:([0-9]{1,5})$/.exec(text) ?? [];
  if (isIP(address) === 0 || Number(port) > 65_535)
    throw new Error(`a numeric address and a port, such as 127.0.0.1:8090, not "${text}"`);
  return { address, port: Number(port) };
});
export const parseSeconds = parser((text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value <= MAX_WAIT_S))
    throw new Error(`a number of seconds is above 0, up to ${MAX_WAIT_S}, not "${text}"`);
  return value;
});
/** The number of an MTK, in 2 octets. */
export const parseMtkId = parser((text: string): number => {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 0xffff)
    throw new Error(`an MTK ID is a number from 0 to 65535, not "${text}"`);
  return Number(text);
});
/** How long keys of GBA live, in seconds: a BSF gives them hours or days. */
export const parseLifetime = parser((text: string): number => {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > MAX_LIFETIME_S)
    throw new Error(`a key lifetime is a whole number of 1 to ${MAX_LIFETIME_S} seconds, not "${text}"`);
  return value;
});
export const parseWholeSeconds = parser((text: string): number => {
  if (!/^[0-9]+$/.test(text)) throw new Error(`a whole number of seconds, not "${text}"`);
  return Number(text);
});
/** From 1 up. */
export const parseWholeNumber = parser((text: string): number => {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) throw new Error(`a whole number from 1 up, not "${text}"`);
  return Number(text);
});
/** Writes at the same time. */
export const parseConcurrency = parser((text: string): number => {
  const value = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > 256) throw new Error(`a whole number of 1 to 256, not "${text}"`);
  return value;
});
/** Entries that are listed. */
export const parseLimit = parser((text: string): number => {
  const limit = /^[0-9]{1,7}$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw new Error(`a limit is a number from 1 to 9999999, not "${text}"`);
  return limit;
});
/** Messages a second. */
export const parseRate = parser((text: string): number => {
  const rate = Number(text);
  if (!(rate >= 0.01 && rate <= 1_000_000))
    throw new Error(`a rate is a number from 0.01 to 1000000, not "${text}"`);
  return rate;
});
/** Numeric, IPv4 or IPv6. */
export const parseIpAddress = parser((text: string): string => {
  if (isIP(text) === 0) throw new Error(`an IP address is numeric, such as 192.0.2.1 or ::1, not "${text}"`);
  return text;
});
/** Numeric, and a port of 1 or more: `192.0.2.1:5004`, or `[2001:db8::1]:5004`. */
export const parseAddressAndPort = parser((text: string): UeAddress => {
  const [, address = '', port = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (isIP(address) === 0 || Number(port) < 1 || Number(port) > 65_535)
    throw new Error(`an address and a port, such as 239.255.0.1:5004, not "${text}"`);
  return { address, port: Number(port) };
});
export const parseAddressesAndPorts = listParser(parseAddressAndPort);
export const parseUrl = parser((text: string): URL => new URL(text));
export const parseUrls = listParser((text: string): URL => new URL(text));

/** @throws Error when it has not exactly two parts */
function twoParts(text: string, form: string): readonly [string, string] {
  const [first, second, ...others] = text.split('/');
  if (first === undefined || second === undefined || others.length > 0)
    throw new Error(`the form is ${form}, not "${text}"`);
  return [first, second];
}

function parser<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}

/** For an option that may be repeated: commander passes the values so far. */
function listParser<T>(parse: (text: string) => T): (text: string, previous?: readonly T[]) => T[] {
  const parseOne = parser(parse);
  return (text, previous = []) => [...previous, parseOne(text)];
}

/** ms since the epoch. @throws Error */
export function timeOfText(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Error('a time in ISO 8601, such as 2026-11-27T12:00:00Z');
  return time;
}

export const parseTime: (text: string) => number = parser(timeOfText);
