import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DETAIL_TYPES, EVENT_CATALOGUE } from '../../lib/events/catalogue.ts';
import { type DetailType, EVENT_SOURCE, SCHEMA_VERSION } from '../../lib/events/contracts.ts';
import { newEvent, parseEvent } from '../../lib/events/envelope.ts';
import { asyncApiDocument } from '../../schemas/generator/async-api.ts';
import { contractFiles, ROOT } from '../../schemas/generator/contract-files.ts';
import { eventSchema, type Schema, slugOf } from '../../schemas/generator/event-schema.ts';
import { exampleEvent } from '../../schemas/generator/examples.ts';
import { DATA } from './data.ts';
import { refusedBy } from './schema-narrowing.ts';

const SCHEMAS = join(ROOT, 'schemas');

/** The versions of this major whose files stand in the repository, this one among them. */
const VERSIONS = readdirSync(SCHEMAS).filter((name) => name.split('.')[0] === SCHEMA_VERSION.split('.')[0]);

const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(SCHEMAS, ...path), 'utf8'));

function validatorOf(schema: object): ValidateFunction {
  // Formats and unions of types as the AsyncAPI's own schema has them.
  const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  formats.default(ajv);
  return ajv.compile(schema);
}

function expectValid(validate: ValidateFunction, value: unknown): void {
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
}

const delivered = (detailType: DetailType, detail: unknown) => ({
  source: EVENT_SOURCE,
  'detail-type': detailType,
  detail,
});

/** Schemas that an event type has in an earlier version. */
const EARLIER = VERSIONS.filter((version) => version !== SCHEMA_VERSION).flatMap((version) =>
  readdirSync(join(SCHEMAS, version))
    .filter((file) => file.endsWith('.schema.json'))
    .map((file): [string, Schema] => [version, read(version, file) as Schema]),
);

test('the files of the contract are those that `npm run contract` writes', () => {
  const files = contractFiles();
  for (const [path, text] of files) {
    expect(existsSync(join(ROOT, path)), `${path} is missing: npm run contract`).toBe(true);
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
  }
  const folder = join(SCHEMAS, SCHEMA_VERSION);
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  );
  expect(found.map((name) => `schemas/${SCHEMA_VERSION}/${name}`).filter((path) => !files.has(path))).toEqual(
    [],
  );
});

describe.each(DETAIL_TYPES)('the schema of %s', (detailType) => {
  const validate = validatorOf(eventSchema(detailType));

  test('takes its example, and so does the parser', () => {
    expectValid(validate, exampleEvent(detailType));
    expect(parseEvent(JSON.stringify(exampleEvent(detailType))).detailType).toBe(detailType);
  });

  test('takes whatever the event may hold, and so do the schemas of earlier versions', () => {
    const validators = EARLIER.filter(
      ([, { title }]) => title === detailType && EVENT_CATALOGUE[detailType].kind === 'fact',
    );
    const all = [validate, ...validators.map(([, schema]) => validatorOf(schema))];
    fc.assert(
      fc.property(DATA[detailType], (data) => {
        const { metadata } = newEvent(detailType, data, { eventId: 'e1', now: 0 });
        for (const each of all) expectValid(each, delivered(detailType, { metadata, data }));
      }),
      { numRuns: 30 },
    );
  });

  test('refuses another source, another version, and what has no data', () => {
    const example = exampleEvent(detailType);
    const { metadata, data } = example.detail as { metadata: object; data: object };
    const isFact = EVENT_CATALOGUE[detailType].kind === 'fact';
    for (const wrong of [
      { ...example, source: isFact ? 'somebody.else' : '' },
      { ...example, 'detail-type': 'Another' },
      delivered(detailType, { metadata }),
      delivered(detailType, { metadata: {}, data }),
      delivered(detailType, { metadata: { ...metadata, schemaVersion: '2.0' }, data }),
      delivered(detailType, { metadata: { ...metadata, idempotencyKey: '' }, data }),
    ])
      expect(validate(wrong)).toBe(false);
  });
});

test('what a schema refuses, the parser refuses', () => {
  const validate = validatorOf(eventSchema('Push MSK'));
  const { metadata, data } = exampleEvent('Push MSK').detail as { metadata: object; data: object };
  const field = fc.constantFrom('keyDomainId', 'mskId', 'target', 'verification', 'pacing');
  const targets = fc.constantFrom(
    {},
    { ues: [] },
    { ues: ['alice'] },
    { allHolders: false },
    { serviceId: '' },
  );
  let refused = 0;
  fc.assert(
    fc.property(field, fc.oneof(fc.jsonValue(), targets), (name, value) => {
      const wrong = delivered('Push MSK', { metadata, data: { ...data, [name]: value } });
      // The parser takes a list for an object without fields.
      if (validate(wrong) || Array.isArray(value)) return;
      refused += 1;
      expect(() => parseEvent(JSON.stringify(wrong))).toThrow();
    }),
  );
  expect(refused).toBeGreaterThan(0);
});

test("the AsyncAPI document is valid by AsyncAPI's own schema, and every file that it names is there", () => {
  const specification = readFileSync(
    join(ROOT, 'node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json'),
    'utf8',
  );
  const ajv = new Ajv({ allErrors: true, strict: false });
  formats.default(ajv);
  const validate = ajv.compile(JSON.parse(specification));
  expectValid(validate, asyncApiDocument());
  expect(validate({ ...asyncApiDocument(), operations: { report: { action: 'shout' } } })).toBe(false);
  const text = JSON.stringify(asyncApiDocument());
  const files = [...text.matchAll(/"\$ref":"\.\/([^"]+)"/g)].map(([, file = '']) => file);
  expect(files).toHaveLength(DETAIL_TYPES.length);
  const path = join(SCHEMAS, SCHEMA_VERSION, 'asyncapi.json');
  expect(files.filter((file) => !existsSync(join(dirname(path), file)))).toEqual([]);
});

describe('the contract breaks nobody who was written for an earlier version', () => {
  test.each(EARLIER.map(([version, schema]) => ({ version, schema, title: schema.title })))(
    '$version: $title',
    ({ schema: earlier }) => {
      const detailType = DETAIL_TYPES.find((name) => name === earlier.title);
      if (detailType === undefined)
        throw new Error(`${earlier.title} is gone: that needs another major version`);
      const now = eventSchema(detailType);
      const { kind } = EVENT_CATALOGUE[detailType];
      expect(kind === 'command' ? refusedBy(now, earlier) : refusedBy(earlier, now)).toEqual([]);
    },
  );

  test.each(VERSIONS)('the examples of the commands of %s are still carried out', (version) => {
    for (const file of readdirSync(join(SCHEMAS, version, 'examples'))) {
      const example = read(version, 'examples', file);
      const { detailType } = parseEvent(JSON.stringify(example));
      if (EVENT_CATALOGUE[detailType].kind === 'command')
        expectValid(validatorOf(eventSchema(detailType)), example);
      expect(file).toBe(`${slugOf(detailType)}.json`);
    }
  });

  test.each<[string, Schema, Schema]>([
    ['a field that was always there is gone', object({ a: text }, ['a']), object({})],
    ['a field that was always there may be missing', object({ a: text }, ['a']), object({ a: text })],
    ['a field has another type', object({ a: text }), object({ a: { type: 'integer' } })],
    [
      'a fact has a value that was not listed',
      { type: 'string', enum: ['x'] },
      { type: 'string', enum: ['x', 'y'] },
    ],
    ['a fact has any value', { type: 'string', enum: ['x'] }, text],
    ['a pattern is another', { ...text, pattern: 'a' }, { ...text, pattern: 'b' }],
    ['a number may be larger', { type: 'number', maximum: 5 }, { type: 'number', maximum: 6 }],
    ['a text may be empty', { ...text, minLength: 1 }, text],
    ['items are others', { type: 'array', items: text }, { type: 'array', items: { type: 'number' } }],
    ['values are others', object({}, [], { type: 'integer' }), object({}, [], text)],
    ['there is another form', { oneOf: [text] }, { oneOf: [text, { type: 'number' }] }],
  ])('such a change is found: %s', (_, earlier, later) => {
    expect(refusedBy(earlier, later)).toHaveLength(1);
    expect(refusedBy(earlier, earlier)).toEqual([]);
  });

  test.each<[string, Schema, Schema]>([
    ['a fact has a further field', object({ a: text }, ['a']), object({ a: text, b: text }, ['a', 'b'])],
    ['a whole number is a number', { type: 'number' }, { type: 'integer' }],
    ['fewer values are sent', { type: 'string', enum: ['x', 'y'] }, { type: 'string', enum: ['x'] }],
    ['a form is sent no more', { oneOf: [text, { type: 'number' }] }, { oneOf: [text] }],
  ])('such a change is none: %s', (_, earlier, later) => {
    expect(refusedBy(earlier, later)).toEqual([]);
  });
});

const text: Schema = { type: 'string' };

function object(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
  additionalProperties?: Schema,
): Schema {
  return { type: 'object', properties, required, ...(additionalProperties && { additionalProperties }) };
}
