import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OutgoingEvent } from '../../lib/events/envelope.ts';
import { exportKeys, type KeyExportContext } from '../../lib/key-export/export-keys.ts';
import {
  keyGroupsOfText,
  publicWrappingKey,
  type Recipient,
  textOfPublicKey,
} from '../../lib/key-export/recipient.ts';
import { wrapKeys } from '../../lib/key-export/wrap.ts';
import { formatKeyGroup } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { addServiceToKeyGroup, putMsk } from '../../lib/store/key-group/key-group.ts';
import { formatKeyGroupRef, type KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import { prepareMsk, revokeMsk } from '../../lib/store/key-group/msk-rotation.ts';
import { keepMtks } from '../../lib/store/traffic/kept-mtks.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { DOMAIN } from '../traffic/msks.ts';
import { openJwe } from './jwe.ts';

const NOW = Date.UTC(2026, 10, 27, 18);
const SERVICE = 'urn:example:news';
const pem = { type: 'spki', format: 'pem' } as const;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curves = ['P-256', 'P-384', 'P-521'].map((namedCurve) => generateKeyPairSync('ec', { namedCurve }));
const [p256 = curves[0] as never] = curves;

let table: TestTable;
let context: KeyExportContext;
let published: OutgoingEvent[];
let ref: KeyGroupRef;
let msk: SecretKey;
let groups = 0;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table?.close());
beforeEach(async () => {
  groups += 1;
  ref = { keyDomainId: DOMAIN, keyGroup: groups };
  published = [];
  context = {
    store: table,
    publish: async (events) => void published.push(...events),
    recipients: new Map(),
    kmsOf: () => table.testKms.kms(),
    now: () => NOW,
    randomOctets: (length) => randomBytes(length),
  };
  msk = new SecretKey(randomBytes(16));
  await addServiceToKeyGroup(table, ref, SERVICE);
  await putMsk(table, ref, { keyNumber: 1, msk, validity: FULL_VALIDITY });
});

function admit(wrappingKey: Recipient['wrappingKey'], keyGroups = [formatKeyGroupRef(ref)]) {
  const recipient = { name: 'mbstf', wrappingKey, mayHave: keyGroups.map(keyGroupsOfText) };
  context = { ...context, recipients: new Map([['mbstf', recipient]]) };
}
const ask = (more: object = {}) =>
  exportKeys(
    context,
    { recipient: 'mbstf', keyDomainId: DOMAIN, keyGroup: formatKeyGroup(ref.keyGroup), ...more },
    'invocation-1',
  );
const exported = async (more: object = {}) => {
  const answer = await ask(more);
  return answer.result === 'exported' ? answer : expect.fail(answer.message);
};
const idOf = (keyNumber: number) => formatKeyGroup(ref.keyGroup) + formatKeyGroup(keyNumber);
const base64Url = (key: SecretKey) => Buffer.from(key.exposeOctets()).toString('base64url');
const facts = () => published.map(({ detailType, data }) => [detailType, data]);

describe('an MSK is exported', () => {
  test('to whoever has the private RSA key, as a JWE that others open', async () => {
    admit(publicWrappingKey(rsa.publicKey.export(pem).toString()));
    const { wrapped, wrapping } = await exported();
    const { header, clear } = openJwe(wrapped, rsa.privateKey);
    expect(wrapping).toBe('jwe');
    expect(header).toEqual({
      alg: 'RSA-OAEP-256',
      enc: 'A256GCM',
      cty: 'jwk-set+json',
      kid: 'mbstf',
      iat: NOW / 1000,
    });
    expect(JSON.parse(clear)).toEqual({
      keys: [
        {
          kty: 'oct',
          kid: `00f110/${idOf(1)}`,
          k: base64Url(msk),
          mbms: 'msk',
          state: 'current',
          seql: 0,
          sequ: 0xffff,
        },
      ],
    });
  });

  test.each(
    curves.map(({ privateKey, publicKey }) => [
      privateKey.asymmetricKeyDetails?.namedCurve,
      privateKey,
      publicKey,
    ]),
  )('to whoever has the private key on %s', async (_, privateKey, publicKey) => {
    admit(publicWrappingKey((publicKey as typeof p256.publicKey).export(pem).toString()));
    const { wrapped } = await exported();
    const { header, clear } = openJwe(wrapped, privateKey as typeof p256.privateKey);
    expect(header).toMatchObject({ alg: 'ECDH-ES' });
    expect(JSON.parse(clear).keys).toMatchObject([{ k: base64Url(msk) }]);
  });

  test('to whoever may decrypt by the KMS key, for this Key Group and recipient alone', async () => {
    const { keyArn } = table.testKms;
    admit({ kind: 'kms', keyArn });
    const { wrapped, wrapping } = await exported();
    expect(wrapping).toBe('kms');
    const open = (keyGroup: string) =>
      table.testKms.kms().send(
        new DecryptCommand({
          KeyId: keyArn,
          CiphertextBlob: Buffer.from(wrapped, 'base64'),
          EncryptionContext: { recipient: 'mbstf', keyDomainId: DOMAIN, keyGroup },
        }),
      );
    const { Plaintext = new Uint8Array() } = await open(formatKeyGroup(ref.keyGroup));
    expect(JSON.parse(Buffer.from(Plaintext).toString('utf8')).keys).toMatchObject([{ k: base64Url(msk) }]);
    await expect(open('ffff')).rejects.toThrow(/another key or context/);
  });

  test('with the next one and its time, and without one that is revoked', async () => {
    admit(publicWrappingKey(p256.publicKey.export(pem).toString()));
    const next = new SecretKey(randomBytes(16));
    const rotation = { request: 'r', msk: next, validity: FULL_VALIDITY, now: NOW, leadTimeMs: 60_000 };
    await prepareMsk(table, ref, rotation);
    const keysOf = async () => JSON.parse(openJwe((await exported()).wrapped, p256.privateKey).clear).keys;
    expect(await keysOf()).toMatchObject([
      { state: 'current', k: base64Url(msk) },
      { state: 'next', k: base64Url(next), activateAt: '2026-11-27T18:01:00.000Z' },
    ]);
    await revokeMsk(table, ref, 1, rotation);
    expect(await keysOf()).toMatchObject([{ state: 'current', k: base64Url(next) }]);
  });

  test('with the MTKs of a User Service, and as an MBS security context', async () => {
    admit(publicWrappingKey(p256.publicKey.export(pem).toString()));
    const mtkOf = (mtkId: number, keyNumber = 1) => ({
      keyDomainId: DOMAIN,
      mskId: { keyGroup: ref.keyGroup, keyNumber },
      mtkId,
      mtk: new SecretKey(randomBytes(16)),
      salt: new SecretKey(randomBytes(14)),
    });
    const [inUse, announced] = [mtkOf(7), mtkOf(8)];
    const stream = `${formatKeyGroupRef(ref)}#${SERVICE}`;
    await keepMtks(table, stream, { inUse, announced });
    const { wrapped, mtkIds } = await exported({ mtksOf: SERVICE });
    expect(mtkIds).toEqual([7, 8]);
    expect(JSON.parse(openJwe(wrapped, p256.privateKey).clear).keys.slice(1)).toEqual([
      {
        kty: 'oct',
        kid: `00f110/${idOf(1)}/7`,
        k: base64Url(inUse.mtk),
        mbms: 'mtk',
        state: 'in-use',
        mtkId: 7,
        salt: base64Url(inUse.salt),
      },
      expect.objectContaining({ state: 'announced', mtkId: 8, k: base64Url(announced.mtk) }),
    ]);
    const mbs = await exported({ mtksOf: SERVICE, format: 'mbs-security-context' });
    expect(JSON.parse(openJwe(mbs.wrapped, p256.privateKey).clear)).toMatchObject({
      keyList: { [`00f110-${idOf(1)}-7`]: { mtkId: 'AAc=' }, [`00f110-${idOf(1)}-8`]: { mtkId: 'AAg=' } },
    });
    // Of an MSK that is gone.
    await keepMtks(table, stream, { inUse: mtkOf(9, 5), announced: undefined });
    expect(await ask({ mtksOf: SERVICE })).toMatchObject({ reason: 'no-mtk' });
    await keepMtks(table, stream, { inUse: undefined, announced: undefined });
    expect(await ask({ mtksOf: SERVICE })).toMatchObject({ reason: 'no-mtk' });
  });
});

describe('a request', () => {
  test.each<[string, object, string]>([
    ['of an unknown recipient', { recipient: 'other' }, 'unknown-recipient'],
    ['for a Key Group that the recipient is not to have', { keyGroup: 'abcd' }, 'not-allowed'],
    ['for a Key Domain that the recipient is not to have', { keyDomainId: '99f999' }, 'not-allowed'],
    ['for the MTKs of another service', { mtksOf: 'urn:example:other' }, 'no-mtk'],
    ['that names a wrapping key of its own', { publicKey: 'x' }, 'wrong-request'],
    ['in an unknown form', { format: 'clear' }, 'wrong-request'],
    ['without a Key Group', { keyGroup: undefined }, 'wrong-request'],
  ])('%s is refused, and the bus hears of it', async (_, more, reason) => {
    admit(publicWrappingKey(p256.publicKey.export(pem).toString()));
    expect(await ask(more)).toMatchObject({ result: 'refused', reason });
    const asked = {
      recipient: 'mbstf',
      keyDomainId: DOMAIN,
      keyGroup: formatKeyGroup(ref.keyGroup),
      ...more,
    };
    const { recipient, keyDomainId, keyGroup } = asked;
    const named = reason === 'wrong-request' ? {} : { recipient, keyDomainId, keyGroup };
    const data = { ...named, reason, message: expect.any(String), requestId: 'invocation-1' };
    expect(facts()).toEqual([['Key Export Refused', data]]);
  });

  test('is for one of several Key Groups that the recipient may have, and for none between them', async () => {
    const all = ['00f110/ffff', formatKeyGroupRef(ref), '99f999'];
    admit(publicWrappingKey(p256.publicKey.export(pem).toString()), all);
    expect(await ask()).toMatchObject({ result: 'exported' });
    expect(await ask({ keyGroup: 'ffff' })).toMatchObject({ reason: 'unknown-key-group' });
    expect(await ask({ keyDomainId: '99f999', keyGroup: 'abcd' })).toMatchObject({
      reason: 'unknown-key-group',
    });
    expect(await ask({ keyGroup: 'fffe' })).toMatchObject({ reason: 'not-allowed' });
  });

  test('that AWS fails is no refusal: the caller asks again, and the bus hears nothing', async () => {
    const failing = (error: unknown) => ({ send: () => Promise.reject(error) });
    admit({ kind: 'kms', keyArn: table.testKms.keyArn });
    for (const error of [new Error('socket hang up'), { name: 'AccessDeniedException' }]) {
      context = { ...context, kmsOf: () => failing(error) as never };
      await expect(ask()).rejects.toBe(error);
    }
    expect(published).toEqual([]);
  });

  test('leaves no keys in clear behind in what was wrapped', async () => {
    const plaintexts: Uint8Array[] = [];
    admit({ kind: 'kms', keyArn: table.testKms.keyArn });
    const kms = table.testKms.kms();
    const send = (command: { input: { Plaintext: Uint8Array } }) => {
      plaintexts.push(command.input.Plaintext);
      expect(command.input.Plaintext.some((octet) => octet !== 0)).toBe(true);
      return kms.send(command as never);
    };
    context = { ...context, kmsOf: () => ({ send }) as never };
    await exported();
    expect(plaintexts).toHaveLength(1);
    expect(plaintexts[0]?.every((octet) => octet === 0)).toBe(true);
  });

  test('for a Key Group that is not there, or has no MSK that may be used, is refused', async () => {
    admit(publicWrappingKey(p256.publicKey.export(pem).toString()), ['00f110']);
    expect(await ask({ keyGroup: 'abcd' })).toMatchObject({ reason: 'unknown-key-group' });
    const empty = { ...ref, keyGroup: 0xeeee };
    await addServiceToKeyGroup(table, empty, SERVICE);
    expect(await ask({ keyGroup: 'eeee' })).toMatchObject({ reason: 'no-msk' });
  });

  test('whose KMS key is disabled is refused, and gives nothing', async () => {
    const wrappingKey = { kind: 'kms', keyArn: table.testKms.keyArn } as const;
    admit(wrappingKey);
    await exported();
    table.testKms.refuse(true);
    try {
      expect(await ask()).toMatchObject({ result: 'refused', reason: 'wrapping-refused' });
      const wrapping = { recipient: { name: 'mbstf', mayHave: [], wrappingKey }, ref, now: NOW } as const;
      const wrap = wrapKeys(randomBytes(9), { ...wrapping, format: 'jwk-set' }, () => table.testKms.kms());
      await expect(wrap).rejects.toMatchObject({ cause: { name: 'DisabledException' } });
    } finally {
      table.testKms.refuse(false);
    }
  });

  test('is answered only after the fact is on the bus, which names keys and has none', async () => {
    admit(publicWrappingKey(p256.publicKey.export(pem).toString()));
    await exported();
    expect(facts()).toEqual([
      [
        'Keys Exported',
        {
          keyDomainId: '00f110',
          keyGroup: formatKeyGroup(ref.keyGroup),
          recipient: 'mbstf',
          mskIds: [idOf(1)],
          mtkIds: [],
          requestId: 'invocation-1',
        },
      ],
    ]);
    expect(published[0]?.metadata.correlationId).toBe('invocation-1');
    const inClear = (['hex', 'base64', 'base64url'] as const).map((form) =>
      Buffer.from(msk.exposeOctets()).toString(form),
    );
    for (const text of inClear) expect(JSON.stringify(published)).not.toContain(text);
    context = { ...context, publish: () => Promise.reject(new Error('the bus is away')) };
    await expect(ask()).rejects.toThrow('the bus is away');
  });
});

describe('a wrapping key', () => {
  test.each([rsa.publicKey, p256.publicKey])(
    'is the same from its PEM and from the text of its DER',
    (key) => {
      const text = textOfPublicKey(key);
      expect(text).toBe(key.export({ type: 'spki', format: 'der' }).toString('base64'));
      const fromDer = publicWrappingKey(Buffer.from(text, 'base64'));
      const fromPem = publicWrappingKey(`\n${key.export(pem).toString()}`);
      for (const wrapping of [fromDer, fromPem])
        expect(wrapping.kind === 'public-key' && wrapping.key.equals(key)).toBe(true);
    },
  );

  test('is no octets that are no key', () => {
    expect(() => publicWrappingKey(randomBytes(40))).toThrow(/a public key in PEM/);
  });
});

describe('a wrapping key is no', () => {
  const exportAs = (type: 'pkcs8' | 'sec1') => p256.privateKey.export({ type, format: 'pem' }).toString();
  test.each([
    ['private key, which must not be in settings', exportAs('pkcs8')],
    ['private key of the older form', exportAs('sec1')],
    [
      'RSA key of 1024 bits',
      generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export(pem).toString(),
    ],
    [
      'RSA key for signatures alone',
      generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey.export(pem).toString(),
    ],
    ['public key behind other text', `a comment\n${p256.publicKey.export(pem).toString()}`],
    ['key for signatures alone', generateKeyPairSync('ed25519').publicKey.export(pem).toString()],
    [
      'key on a curve that JWA lacks',
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export(pem).toString(),
    ],
    ['other text', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
  ])('%s', (_, text) => {
    expect(() => publicWrappingKey(text)).toThrow(TypeError);
    expect(() => publicWrappingKey(text)).not.toThrow(/MI[A-Za-z0-9]/);
  });
});
