import * as v from 'valibot';

/** The value of a JSON body in UTF-8; undefined for a body that is none. */
export function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

/**
 * Parses a JSON body by its schema.
 * @param malformed makes the error of a body that breaks the schema. Its message names the members at fault,
 * and none of their values: one may be a key
 * @throws the error that `malformed` makes
 */
export function parseJsonBody<const Schema extends v.GenericSchema>(
  body: Uint8Array,
  schema: Schema,
  malformed: (message: string) => Error,
): v.InferOutput<Schema> {
  const value = jsonOf(body);
  if (value === undefined) throw malformed('the body is not JSON');
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const members = parsed.issues.map((issue) => v.getDotPath(issue) ?? 'the body');
  throw malformed(`wrong or missing: ${[...new Set(members)].join(', ')}`);
}
