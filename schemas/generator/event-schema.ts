import { type ConversionConfig, type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { EVENT_CATALOGUE } from '../../lib/events/catalogue.ts';
import {
  type DetailType,
  EVENT_DATA,
  EVENT_SOURCE,
  KEY_EXPORT_REFUSALS,
  MBS_SESSION_FAILURES,
  PROVISIONING_REFUSALS,
  PUSH_REFUSALS,
  REFUSAL_REASONS,
  ROTATION_REFUSALS,
  SCHEMA_VERSION,
} from '../../lib/events/contracts.ts';
import { hasOneForm, targetForms } from '../../lib/events/fields.ts';
import { eventMetadata } from '../../lib/events/metadata.ts';

/**
 * A schema of JSON Schema draft-07, in words that draft-04 has, too: registries of EventBridge take that one.
 */
export interface Schema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
}

/** Part of what a file is identified by; nothing is fetched from there. */
const ID_BASE = 'urn:bmsc:keymanagement';
const MAJOR = SCHEMA_VERSION.split('.')[0];

/** `Push MSK` as a name of files: `push-msk`. */
export const slugOf = (detailType: string): string => detailType.toLowerCase().replaceAll(' ', '-');

/**
 * The schema of a whole event as EventBridge delivers it. It demands what the parser demands, as far as JSON
 * Schema can say it, and takes unknown fields, as the parser does.
 */
export function eventSchema(detailType: DetailType): Schema {
  const { kind, meaning } = EVENT_CATALOGUE[detailType];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `${ID_BASE}:${SCHEMA_VERSION}:${slugOf(detailType)}`,
    title: detailType,
    description: meaning,
    type: 'object',
    required: ['source', 'detail-type', 'detail'],
    properties: {
      source: kind === 'fact' ? { type: 'string', enum: [EVENT_SOURCE] } : COMMAND_SOURCE,
      'detail-type': { type: 'string', enum: [detailType] },
      'replay-name': { type: 'string', description: 'Set by EventBridge when an archive replays the event.' },
      detail: {
        type: 'object',
        required: ['metadata', 'data'],
        properties: {
          metadata: metadataSchema(),
          data: plain(toJsonSchema(EVENT_DATA[detailType], CONVERSION)),
        },
      },
    },
  };
}

const COMMAND_SOURCE: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'One of the sources that the deployment takes commands from, by default bmsc.keymanagement.',
  examples: [EVENT_SOURCE],
};

function metadataSchema(): Schema {
  const schema = plain(toJsonSchema(eventMetadata, CONVERSION));
  const described: Readonly<Record<string, Schema>> = {
    schemaVersion: {
      description: 'Version of the contract, `major.minor`. Fields may be added inside a major.',
      pattern: `^${MAJOR}(\\.|$)`,
      examples: [SCHEMA_VERSION],
    },
    eventId: { description: 'Any text that no other event has.' },
    correlationId: {
      description: 'That of the event that this one follows from; the event ID of the first one.',
    },
    idempotencyKey: {
      description:
        'The same for every repetition of one request: it is carried out once. It names the push, too.',
    },
    occurredAt: { description: 'ISO 8601, in UTC.', examples: ['2026-11-23T18:00:00.000Z'] },
  };
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    name,
    { ...property, ...described[name] },
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** An action that bounds a length in octets. */
const lengthAction = v.object({ requirement: v.number() });

const CONVERSION: ConversionConfig = {
  target: 'draft-07',
  typeMode: 'input',
  // What no schema can say: well-formed Unicode, seql not above sequ.
  ignoreActions: ['check'],
  overrideSchema: ({ valibotSchema }) => {
    if (valibotSchema === hasOneForm) return toJsonSchema(targetForms, CONVERSION);
    if (valibotSchema === REFUSAL_REASONS.push) return reasonSchema(PUSH_REFUSALS);
    if (valibotSchema === REFUSAL_REASONS.rotation) return reasonSchema(ROTATION_REFUSALS);
    if (valibotSchema === REFUSAL_REASONS.provisioning) return reasonSchema(PROVISIONING_REFUSALS);
    if (valibotSchema === REFUSAL_REASONS.keyExport) return reasonSchema(KEY_EXPORT_REFUSALS);
    if (valibotSchema === REFUSAL_REASONS.mbsSession) return reasonSchema(MBS_SESSION_FAILURES);
    return undefined;
  },
  // A text has no more characters than octets.
  overrideAction: ({ valibotAction, jsonSchema }) => {
    if (valibotAction.type !== 'max_bytes' && valibotAction.type !== 'min_bytes') return undefined;
    const { requirement } = v.parse(lengthAction, valibotAction);
    return {
      ...jsonSchema,
      ...(valibotAction.type === 'max_bytes' ? { maxLength: requirement } : { minLength: 1 }),
    };
  },
};

/** Reasons may be added inside a major, so that consumers must take any. */
function reasonSchema(reasons: readonly string[]): JsonSchema {
  return { type: 'string', description: 'Reasons may be added.', examples: [...reasons] };
}

/**
 * The same in words of draft-04: `const` is an `enum`, an empty `required` is left out. A union stands for
 * forms of which one is to be taken: `oneOf`.
 */
function plain(schema: JsonSchema): Schema {
  const text = JSON.stringify(schema, (_, value: unknown) =>
    isJsonObject(value) ? plainObject(value) : value,
  );
  return JSON.parse(text) as Schema;
}

function plainObject(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { $schema: _dialect, propertyNames: _names, const: only, anyOf, required, ...rest } = schema;
  return {
    ...rest,
    ...(Array.isArray(required) && required.length === 0 ? {} : { required }),
    ...(only === undefined ? {} : { type: typeof only, enum: [only] }),
    ...(anyOf === undefined ? {} : { oneOf: anyOf }),
  };
}

function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
