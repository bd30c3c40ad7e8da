import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { type Btid, parseBtid } from '../lib/gba/btid.ts';
import { type Impi, parseImpi } from '../lib/gba/impi.ts';
import { type KeyDomainId, keyDomainIdOfText } from '../lib/keys/key-domain-id.ts';
import { type MskId, mskId, parseMskId } from '../lib/keys/msk-id.ts';
import { type SecretKey, secretKeyFromHex } from '../lib/keys/secret-key.ts';
import type { KeyGroupRef } from '../lib/store/key-group/key-group-item.ts';
import { CliError } from './errors.ts';

const checked =
  <T>(parse: (text: string) => T) =>
  (text: string): T => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };

const collecting =
  <T>(parse: (text: string) => T) =>
  (text: string, previous: readonly T[] = []): T[] => [...previous, checked(parse)(text)];

/**
 * Keys of the command line have a hexadecimal form, or `@` and the name of a file that holds it.
 * @throws CliError, not commander's own error: that repeats the argument, and a mistyped key is still a secret
 */
function aKey(length: number): (text: string) => SecretKey {
  return (text) => {
    try {
      const hex = text.startsWith('@') ? readFileSync(text.slice(1), 'utf8').trim() : text;
      return secretKeyFromHex(hex, length);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CliError(
        `a key is ${length} octets in hexadecimal digits, or @ and a file's name: ${reason}`,
        {
          cause,
        },
      );
    }
  };
}

export const aBtid: (text: string) => Btid = checked(parseBtid);
export const anImpi: (text: string) => Impi = checked(parseImpi);
export const impis = collecting(parseImpi);
export const serviceIds = collecting((text: string) => text);
/** `00f110`, or MCC and MNC as `001-01`. */
export const aKeyDomainId: (text: string) => KeyDomainId = checked(keyDomainIdOfText);
/** 8 hexadecimal digits: Key Group, Key Number. */
export const anMskId: (text: string) => MskId = checked(parseMskId);
/** 4 hexadecimal digits. */
export const aKeyGroup: (text: string) => number = checked(parseKeyGroup);
/** `KEYDOMAIN/KEYGROUP`, such as `00f110/0001`; repeatable. */
export const keyGroupRefs = collecting((text: string): KeyGroupRef => {
  const [domain = '', group = ''] = text.split('/');
  return { keyDomainId: aKeyDomainId(domain), keyGroup: parseKeyGroup(group) };
});
/** `KEYDOMAIN/MSKID`, such as `00f110/00010000`; repeatable. */
export const keyIdentifications = collecting((text: string) => {
  const [domain = '', id = ''] = text.split('/');
  return { keyDomainId: aKeyDomainId(domain), mskId: parseMskId(id) };
});
export const octet16 = aKey(16);
export const octet32 = aKey(32);
export const aPort = checked((text: string): number => {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`a port is a number from 0 to 65535, not "${text}"`);
  return port;
});
export const seconds = checked((text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`a number of seconds is positive, not "${text}"`);
  return value;
});
export const wholeSeconds = checked((text: string): number => {
  if (!/^[0-9]+$/.test(text)) throw new Error(`a whole number of seconds, not "${text}"`);
  return Number(text);
});
export const aUrl = checked((text: string): URL => new URL(text));

function parseKeyGroup(text: string): number {
  if (!/^[0-9a-f]{4}$/i.test(text))
    throw new Error(`a Key Group is 4 hexadecimal digits such as 0001, not "${text}"`);
  return mskId(Number.parseInt(text, 16), 0).keyGroup;
}
