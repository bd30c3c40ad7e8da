import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { demonstrate } from '../../local/demonstration.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';

/**
 * Every key that is made while a whole demonstration runs: of UEs, of MSKs, and of what is derived from them.
 */
const keys: Uint8Array[] = [];
let system: LocalSystem;

beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system?.close());

const forms = (key: Uint8Array): string[] => {
  const octets = Buffer.from(key);
  const decimals = [...octets];
  return [
    octets.toString('hex'),
    octets.toString('hex').toUpperCase(),
    octets.toString('base64').replace(/=+$/, ''),
    octets.toString('base64url'),
    decimals.join(','),
    decimals.join(', '),
    octets.toString('latin1'),
  ];
};

test('no key stands in a log, an event or a line of output of a whole demonstration', async () => {
  const { exposeOctets } = SecretKey.prototype;
  vi.spyOn(SecretKey.prototype, 'exposeOctets').mockImplementation(function (this: SecretKey) {
    const octets = exposeOctets.call(this);
    keys.push(Uint8Array.from(octets));
    return octets;
  });
  const written: string[] = [];
  system.onEvent((event) => void written.push(JSON.stringify(event)));
  try {
    expect(await demonstrate(system, (line) => void written.push(line))).toBe(true);
  } finally {
    vi.restoreAllMocks();
  }
  for (const file of readdirSync(system.logFolder))
    written.push(readFileSync(join(system.logFolder, file), 'latin1'));
  const text = written.join('\n');
  const secrets = keys.filter((key) => key.length >= 16);
  expect(secrets.length).toBeGreaterThanOrEqual(4);
  expect(text).toContain('MSK Delivered');
  expect(text).toContain('"message":"key request"');
  for (const form of secrets.flatMap(forms)) expect(text.includes(form)).toBe(false);
});

describe('a key is not printed', () => {
  const octets = randomBytes(16);
  const key = new SecretKey(octets);
  test.each([
    ['a template literal', `${key}`],
    ['JSON', JSON.stringify({ key, list: [key] })],
    ['inspection, however deep', inspect({ a: { b: [key] } }, { depth: null, showHidden: true })],
    ['an error with it as cause', inspect(new Error('x', { cause: key }))],
    ['its own enumerable properties', JSON.stringify(Object.entries(key))],
  ])('by %s', (_, text) => {
    for (const form of forms(octets)) expect(text.includes(form)).toBe(false);
  });

  test('and a structured clone does not carry it', () => {
    expect(inspect(structuredClone(key), { showHidden: true })).not.toContain(octets.toString('hex'));
    expect(Object.keys(structuredClone(key))).toEqual([]);
  });
});
