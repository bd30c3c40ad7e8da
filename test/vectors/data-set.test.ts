import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { CodedError } from '../../lib/coded-error.ts';
import { derivationFiles } from '../../vectors/generator/derivation.ts';
import { vectorFiles as makeFiles, ROOT } from '../../vectors/generator/files.ts';
import { FOLDER, inputsOf, type VectorGroup, type VectorTest, vectorFiles } from './data-set.ts';
import { readDigest, readDocument, readUb, readZnAnswer, readZnRequest } from './exchange-readers.ts';
import * as keys from './key-readers.ts';
import * as mikey from './mikey-readers.ts';

/** What our code takes from a test, or undefined where it takes nothing. */
type Reader = (group: VectorGroup, test: VectorTest) => keys.Stated | undefined | Promise<keys.Stated>;

const state = (group: VectorGroup) => group.receiver as Readonly<Record<string, unknown>>;

const READERS: Readonly<Record<string, Reader>> = {
  MikeyPrf: (_, each) => keys.readPrf(each),
  MikeyMessageKeys: (_, each) => keys.readMessageKeys(each),
  GbaMeKeys: (_, each) => keys.readGbaMe(each),
  GbaUKeys: (_, each) => keys.readGbaU(each),
  AkmaKeys: (_, each) => keys.readAkma(each),
  Milenage: (_, each) => keys.readMilenage(each),
  AkaChallenge: (_, each) => keys.readAka(each),
  UbRun: readUb,
  HttpDigest: readDigest,
  MskRequestBody: readDocument,
  RegisterRequestBody: readDocument,
  DeregisterRequestBody: readDocument,
  MskResponseBody: readDocument,
  RegisterResponseBody: readDocument,
  DeregisterResponseBody: readDocument,
  ZnRequest: (_, each) => readZnRequest(each),
  ZnAnswer: readZnAnswer,
  MikeyMskPush: (group, each) => mikey.readMsk(state(group), each),
  MikeySolicitedPull: (group, each) => mikey.readPull(state(group), each),
  MikeyVerification: (group, each) => mikey.readVerification(state(group), each),
  MikeyMtk: (group, each) => mikey.readMtk(state(group), each),
};

const MAKERS: Readonly<Record<string, (group: VectorGroup, test: VectorTest) => keys.Stated>> = {
  MikeyMskPush: (group, each) => mikey.makeMsk(state(group), each),
  MikeySolicitedPull: (group, each) => mikey.makePull(state(group), each),
  MikeyVerification: (group) => mikey.makeVerification(state(group)),
  MikeyMtk: (group, each) => mikey.makeMtk(state(group), each),
};

const made = makeFiles();

describe.each([...vectorFiles()])('%s', (name, file) => {
  test.each(file.testGroups.map((group) => [group.type, group] as const))(
    '%s: our code judges as it says',
    async (type, group) => {
      const wrong: string[] = [];
      for (const each of group.tests)
        for (const input of inputsOf(each, group)) {
          const judged = await verdictOf(group, input);
          if (each.result !== 'acceptable' && judged !== each.result)
            wrong.push(`${each.tcId} (${each.comment}): ${each.result}, but our code says ${judged}`);
        }
      expect(wrong).toEqual([]);
      expect(READERS[type]).toBeDefined();
    },
  );

  test('our encoders make its canonical messages', () => {
    for (const group of file.testGroups)
      for (const each of group.tests.filter(({ flags }) => flags.includes('Canonical')))
        expect(MAKERS[group.type]?.(group, each) ?? {}).toEqual(
          expect.objectContaining(partOf(each, MAKERS[group.type])),
        );
  });

  test('keeps the schema, and counts its tests', () => {
    const schema = JSON.parse(readFileSync(join(FOLDER, 'vectors.schema.json'), 'utf8'));
    const isValid = new Ajv2020({ strict: false }).compile(schema);
    expect([isValid(file), isValid.errors]).toEqual([true, null]);
    const ids = file.testGroups.flatMap(({ tests }) => tests.map(({ tcId }) => tcId));
    expect(ids).toEqual(Array.from({ length: file.numberOfTests }, (_, index) => index + 1));
  });

  test('is what the generator makes', () => {
    expect(readFileSync(join(FOLDER, name), 'utf8')).toBe(made.get(`vectors/${name}`));
  });
});

test('the page that derives messages by hand is what the generator makes, and has the values of the data set', () => {
  const files = derivationFiles();
  for (const [path, text] of files) expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
  const page = files.get('docs/vectors.md') ?? '';
  for (const name of ['mikey-msk-push', 'mikey-solicited-pull', 'mikey-verification', 'mikey-mtk']) {
    const [first] = vectorFiles().get(`${name}.json`)?.testGroups[0]?.tests ?? [];
    const values = Object.values((first?.intermediate ?? {}) as Record<string, string>);
    expect(values.length).toBeGreaterThan(2);
    expect(values.filter((value) => !page.includes(value))).toEqual([]);
    // The values of the table, one after another, are the message.
    const part = page.slice(0, page.indexOf('\n## ', page.indexOf(`[${name}.json]`)) >>> 0);
    const rows = [...part.slice(part.lastIndexOf('| ---: |')).matchAll(/^\| \d+ \|[^`\n]*`([0-9a-f]*)`/gm)];
    expect(rows.map(([, value]) => value).join('')).toBe(first?.message);
  }
});

test('every kind of test is in the data set', () => {
  const types = [...vectorFiles().values()].flatMap(({ testGroups }) => testGroups.map(({ type }) => type));
  expect(new Set(types)).toEqual(new Set(Object.keys(READERS)));
});

/** A test is taken if nothing refuses it, and what it states is what follows from it. */
async function verdictOf(group: VectorGroup, each: VectorTest): Promise<'valid' | 'invalid'> {
  try {
    const stated = await READERS[group.type]?.(group, each);
    const isAsStated = (name: string) =>
      !(name in each) || JSON.stringify(sorted(stated?.[name])) === JSON.stringify(sorted(each[name]));
    return stated !== undefined && Object.keys(stated).every(isAsStated) ? 'valid' : 'invalid';
  } catch (error) {
    if (error instanceof CodedError || (error instanceof Error && error.message === 'no BIR'))
      return 'invalid';
    throw error;
  }
}

function partOf(each: VectorTest, maker: unknown): object {
  return maker === undefined ? {} : { message: each.message };
}

/** Members in the order of their names, so that texts can be compared. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
