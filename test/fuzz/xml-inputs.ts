import { PayloadError } from '../../lib/key-management/payload/errors.ts';
import {
  decodeMskRequest,
  decodeMskResponse,
  encodeMskRequest,
  encodeMskResponse,
} from '../../lib/key-management/payload/msk-request.ts';
import {
  decodeDeregisterRequest,
  decodeRegisterRequest,
  decodeRegisterResponse,
  encodeDeregisterRequest,
  encodeRegisterRequest,
  encodeRegisterResponse,
} from '../../lib/key-management/payload/register.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { seededRandom } from '../seeded-random.ts';

type Random = (below: number) => number;

const KEY = { keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(1, 2) };

const TARGETS: readonly { readonly valid: string; readonly decode: (body: Uint8Array) => unknown }[] = [
  { valid: encodeRegisterRequest(['urn:a', 'urn:b?x=1&y=2']), decode: decodeRegisterRequest },
  { valid: encodeDeregisterRequest(['urn:a']), decode: decodeDeregisterRequest },
  { valid: encodeMskRequest([KEY, { ...KEY, mskId: mskId(2, 0) }]), decode: decodeMskRequest },
  {
    valid: encodeRegisterResponse([{ serviceId: 'urn:a', responseCode: 403 }]),
    decode: decodeRegisterResponse,
  },
  { valid: encodeMskResponse([{ ...KEY, responseCode: 404 }]), decode: decodeMskResponse },
];

/** Inputs that have broken XML readers before. */
const TOKENS = [
  '<', '>', '/>', '</', '&', '&amp;', '&#0;', '&#x110000;', '&lol;', ';', '"', "'", '=', ' ', '\0', '\ufeff', '\ufffe',
  '<!--', '-->', '<![CDATA[', ']]>', '<?xml version="1.0"?>', '<?', '?>', '<!DOCTYPE a [<!ENTITY b "c">]>',
  '<__proto__>', '</__proto__>', '<constructor/>', '<toString/>', '<a:b xmlns:a="c">', '</a:b>', '<MSK>', '</MSK>',
  '<Response/>', '1e400', '0x10', '-0', 'true', 'null', '#text', '🦊',
]; // biome-ignore format: one token after another

/**
 * Feeds `iterations` mutated and random bodies to the payload decoders; the same `seed` gives the same
 * bodies. Returns the number of tried bodies, and of refused ones among them.
 * @throws Error with the body in Base64 when a decoder throws anything but a PayloadError
 */
export function fuzzXml(iterations: number, seed: number): { tried: number; refused: number } {
  const random = seededRandom(seed).whole;
  let refused = 0;
  for (let tried = 0; tried < iterations; tried++) {
    const target = pick(TARGETS, random);
    const body = bodyFrom(target.valid, random);
    try {
      target.decode(body);
    } catch (cause) {
      if (!(cause instanceof PayloadError)) {
        const shown = Buffer.from(body).toString('base64');
        throw new Error(`${target.decode.name} threw no PayloadError for the body ${shown}`, { cause });
      }
      refused++;
    }
  }
  return { tried: iterations, refused };
}

/** One in eight is noise, one in eight has broken Base64; the others reach the XML decoder. */
function bodyFrom(valid: string, random: Random): Uint8Array {
  const kind = random(8);
  if (kind === 0) return Uint8Array.from({ length: random(200) }, () => random(256));
  if (kind === 1) return mutatedOctets(Buffer.from(valid), random);
  const xml = mutatedText(Buffer.from(valid, 'base64').toString('utf8'), random);
  const octets = random(4) === 0 ? mutatedOctets(Buffer.from(xml), random) : Buffer.from(xml);
  return Buffer.from(Buffer.from(octets).toString('base64'));
}

function mutatedText(text: string, random: Random): string {
  let mutated = text;
  for (let change = random(4); change >= 0; change--) {
    const at = random(mutated.length + 1);
    const end = Math.min(mutated.length, at + random(30));
    const middle = [pick(TOKENS, random), '', mutated.slice(at, end).repeat(2 + random(20))][random(3)] ?? '';
    mutated = mutated.slice(0, at) + middle + mutated.slice(random(2) === 0 ? at : end);
  }
  return mutated;
}

function mutatedOctets(octets: Uint8Array, random: Random): Uint8Array {
  const mutated = Uint8Array.from(octets);
  for (let change = random(3); change >= 0 && mutated.length > 0; change--) {
    mutated[random(mutated.length)] = random(256);
  }
  return random(3) === 0 ? mutated.subarray(0, random(mutated.length + 1)) : mutated;
}

function pick<Item>(items: readonly [Item, ...Item[]] | readonly Item[], random: Random): Item {
  const item = items[random(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
