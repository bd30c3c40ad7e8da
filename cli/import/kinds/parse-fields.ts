import * as v from 'valibot';
import { reasonOf } from '../fields.ts';
import { RowError } from '../import-kind.ts';

/** What a schema makes of the fields of a row. @throws RowError */
export function parseFields<const Schema extends v.GenericSchema>(
  schema: Schema,
  fields: Readonly<Record<string, unknown>>,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, fields);
  if (!parsed.success) throw new RowError(reasonOf(parsed.issues));
  return parsed.output;
}
