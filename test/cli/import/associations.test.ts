import { randomBytes } from 'node:crypto';
import { EncryptCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ASSOCIATIONS } from '../../../cli/import/kinds/associations.ts';
import { type Btid, btidOf } from '../../../lib/gba/btid.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../../lib/gba/mbms-keys.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { kmsUnwrapping } from '../../../lib/provisioning/wrapped-keys.ts';
import { loadAssociation } from '../../../lib/store/association/association.ts';
import { loadSubscribers, putSubscription } from '../../../lib/store/registration/subscriber.ts';
import { startTable, type TestTable } from '../../store/table.ts';
import { imported } from './imported.ts';

const ALICE = parseImpi('alice@home1.net');
const [KEY, INT] = [randomBytes(32), randomBytes(32)];
let table: TestTable;
let btid: Btid;
beforeAll(async () => {
  table = await startTable();
});
beforeEach(() => {
  btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
});
afterAll(() => table?.close());

const importOf = (text: string, isDry = false) =>
  imported(table, ASSOCIATIONS, text, { isDry, unwrap: kmsUnwrapping(table.kms(), table.keyArn) });

/** Octets wrapped under the table's KMS key, for an association. */
async function wrapped(octets: Uint8Array, bTid: string, impi: string): Promise<string> {
  const context = { bTid, impi };
  const { CiphertextBlob = new Uint8Array() } = await table
    .kms()
    .send(new EncryptCommand({ KeyId: table.keyArn, Plaintext: octets, EncryptionContext: context }));
  return Buffer.from(CiphertextBlob).toString('base64');
}

/** The keys of the association that is stored, and its times. */
async function stored() {
  const association = await loadAssociation(table, btid);
  if (association === undefined) return undefined;
  const { impi, gbaType, subscribed, bootstrappedAt, expiresAt } = association;
  const [muk, mrk] = [association.muk.open(), association.mrk.open()];
  return { impi, gbaType, subscribed, bootstrappedAt, expiresAt, muk, mrk };
}

test('plain keys are imported with a warning, and the subscriptions that are there', async () => {
  await putSubscription(table, ALICE, 'urn:a');
  const text = `bTid,impi,ksNaf,lifetime\n${btid},${ALICE},${KEY.toString('hex')},600\n`;
  const { result, warnings } = await importOf(text);
  expect(result).toMatchObject({ imported: 1, rejected: 0 });
  expect(warnings).toEqual([expect.stringContaining('plain keys')]);
  const { muk, mrk } = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(KEY) });
  const association = await stored();
  expect(association?.muk.equals(muk)).toBe(true);
  expect(association?.mrk.equals(mrk)).toBe(true);
  expect(association?.subscribed).toEqual(new Set(['urn:a']));
  expect((association?.expiresAt ?? 0) - (association?.bootstrappedAt ?? 0)).toBe(600_000);
  expect((await loadSubscribers(table, [ALICE])).get(ALICE)?.associations.has(btid)).toBe(true);
});

test.each(['csv', 'jsonl'])('wrapped keys of GBA_ME and GBA_U are imported from %s', async (format) => {
  for (const [gbaType, octets] of [
    ['GBA_ME', KEY],
    ['GBA_U', Buffer.concat([KEY, INT])],
  ] as const) {
    const row = {
      bTid: btid,
      impi: ALICE,
      gbaType,
      wrappedKey: await wrapped(octets, btid, ALICE),
      bootstrappedAt: new Date().toISOString(),
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    };
    const csv = `${Object.keys(row).join(',')}\n${Object.values(row).join(',')}\n`;
    const { rejected, warnings } = await importOf(format === 'csv' ? csv : JSON.stringify(row));
    expect({ rejected, warnings }).toEqual({ rejected: {}, warnings: [] });
    const naf =
      gbaType === 'GBA_ME'
        ? ({ type: gbaType, ksNaf: new SecretKey(KEY) } as const)
        : ({ type: gbaType, ksExtNaf: new SecretKey(KEY), ksIntNaf: new SecretKey(INT) } as const);
    const association = await stored();
    expect(association?.muk.equals(mukAndMrkOf(naf).muk)).toBe(true);
    expect(association?.gbaType).toBe(gbaType);
  }
});

test('keys that are wrapped for another association are rejected, also by a dry run', async () => {
  const wrappedKey = await wrapped(KEY, btid, 'bob@home1.net');
  const text = `bTid,impi,wrappedKey\n${btid},${ALICE},${wrappedKey}\n${btid},bob@home1.net,${wrappedKey}\n`;
  const dry = await importOf(text, true);
  expect(dry.rejected).toEqual({ 2: expect.stringContaining('does not open') });
  expect(await stored()).toBeUndefined();
  expect((await importOf(text)).rejected).toEqual(dry.rejected);
  expect((await stored())?.impi).toBe('bob@home1.net');
});

test('a B-TID of another subscriber is rejected, and stays with it', async () => {
  const row = (impi: string) => `bTid,impi,ksNaf\n${btid},${impi},${KEY.toString('hex')}\n`;
  await importOf(row('carol@home1.net'));
  expect((await importOf(row('dave@home1.net'))).rejected[2]).toContain('of another subscriber');
  expect((await stored())?.impi).toBe('carol@home1.net');
  expect((await importOf(row('carol@home1.net'))).rejected).toEqual({});
});

test.each([
  ['no key', {}, 'give wrappedKey, or ksNaf'],
  ['half of the keys of GBA_U', { ksExtNaf: KEY.toString('hex') }, 'both ksExtNaf and ksIntNaf'],
  ['two kinds of key', { ksNaf: KEY.toString('hex'), wrappedKey: 'AAAA' }, 'give wrappedKey, or ksNaf'],
  ['a key of 63 digits', { ksNaf: KEY.toString('hex').slice(1) }, 'ksNaf: the key must have 64 hexadecimal'],
  [
    'a key with another letter',
    { ksNaf: `${KEY.toString('hex').slice(1)}x` },
    'ksNaf: a key must be hexadecimal',
  ],
  ['a key that is a number', { ksNaf: 123456789012345 }, 'ksNaf: it is a text'],
  [
    'another GBA type',
    { ksNaf: KEY.toString('hex'), gbaType: 'GBA_U' },
    'gbaType: the keys are those of GBA_ME',
  ],
  ['a GBA type that is none', { ksNaf: KEY.toString('hex'), gbaType: 'X' }, 'gbaType: it is GBA_ME or GBA_U'],
  ['no time', { ksNaf: KEY.toString('hex'), expiresAt: 'tomorrow' }, 'expiresAt: it is a time such as'],
  ['a time long ago', { ksNaf: KEY.toString('hex'), expiresAt: '2020-01-01T00:00:00Z' }, 'has expired at'],
  [
    'a lifetime of none',
    { ksNaf: KEY.toString('hex'), lifetime: '0' },
    'lifetime: it is a whole number of 1',
  ],
  [
    'a lifetime of centuries',
    { ksNaf: KEY.toString('hex'), expiresAt: '2999-01-01T00:00:00Z' },
    'than a year',
  ],
  [
    'a bootstrapping to come',
    { ksNaf: KEY.toString('hex'), bootstrappedAt: '2999-01-01T00:00:00Z' },
    'bootstrappedAt',
  ],
])('a row with %s is rejected; neither its reason nor its file repeats a key', async (_, fields, reason) => {
  const text = JSON.stringify({ bTid: btid, impi: ALICE, ...fields });
  const { rejected, rejectedFile } = await importOf(text);
  expect(rejected[1]).toContain(reason);
  expect(await stored()).toBeUndefined();
  expect(rejectedFile).toContain(btid);
  expect(rejectedFile).not.toContain(KEY.toString('hex').slice(1, 17));
  expect(rejectedFile).not.toContain('123456789012345');
});
