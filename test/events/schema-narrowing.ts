import { Ajv } from 'ajv';
import type { Schema } from '../../schemas/generator/event-schema.ts';

/** Schemas bound a value from below by these words, and from above by those. */
const LOWER = ['minimum', 'minLength', 'minItems'] as const;
const UPPER = ['maximum', 'maxLength', 'maxItems'] as const;

/**
 * Says why a value that `narrow` takes may be refused by `wide`, with paths; none: `wide` takes them all.
 * Fields that only one of them knows do not count: both take unknown fields.
 */
export function refusedBy(wide: Schema, narrow: Schema, path = ''): string[] {
  const at = (reason: string) => `${path === '' ? '(root)' : path}: ${reason}`;
  if (wide.oneOf !== undefined) return refusedByForms(wide.oneOf, narrow, path);
  if (narrow.oneOf !== undefined) return narrow.oneOf.flatMap((form) => refusedBy(wide, form, path));
  const isWhole = wide.type === 'number' && narrow.type === 'integer';
  if (wide.type !== undefined && wide.type !== narrow.type && !isWhole)
    return [at(`takes ${wide.type}, not ${narrow.type}`)];
  return [
    ...refusedValues(wide, narrow).map(at),
    ...(wide.required ?? [])
      .filter((name) => !narrow.required?.includes(name))
      .map((name) => at(`demands ${name}`)),
    ...partsOf(wide, narrow).flatMap(([name, part, other]) => refusedBy(part, other, `${path}/${name}`)),
  ];
}

function refusedByForms(forms: readonly Schema[], narrow: Schema, path: string): string[] {
  return (narrow.oneOf ?? [narrow]).flatMap((each, index) =>
    forms.some((form) => refusedBy(form, each, path).length === 0)
      ? []
      : [`${path}: no form takes form ${index}`],
  );
}

function refusedValues(wide: Schema, narrow: Schema): string[] {
  // Listed values are looked at one by one.
  if (narrow.enum !== undefined)
    return narrow.enum.filter((value) => !takes(wide, value)).map((value) => `does not take ${value}`);
  return [
    ...(wide.enum === undefined ? [] : [`takes ${wide.enum.join(', ')} alone`]),
    ...(['pattern', 'format'] as const)
      .filter((word) => wide[word] !== undefined && wide[word] !== narrow[word])
      .map((word) => `demands the ${word} ${wide[word]}`),
    ...LOWER.filter((word) => (wide[word] ?? -Infinity) > (narrow[word] ?? -Infinity)).map(
      (word) => `demands ${word} ${wide[word]}`,
    ),
    ...UPPER.filter((word) => (wide[word] ?? Infinity) < (narrow[word] ?? Infinity)).map(
      (word) => `demands ${word} ${wide[word]}`,
    ),
  ];
}

function takes(schema: Schema, value: unknown): boolean {
  return new Ajv({ strict: false, validateFormats: false }).validate(schema, value);
}

/** The parts that both have, by their names in a path. */
function partsOf(wide: Schema, narrow: Schema): [string, Schema, Schema][] {
  const parts: [string, Schema | undefined, Schema | undefined][] = [
    ['*', wide.items, narrow.items],
    ['*', wide.additionalProperties, narrow.additionalProperties],
    ...Object.entries(wide.properties ?? {}).map(([name, part]): [string, Schema, Schema | undefined] => [
      name,
      part,
      narrow.properties?.[name],
    ]),
  ];
  return parts.flatMap(([name, part, other]) =>
    part === undefined || other === undefined ? [] : [[name, part, other] as [string, Schema, Schema]],
  );
}
