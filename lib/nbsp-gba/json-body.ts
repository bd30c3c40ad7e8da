import * as v from 'valibot';
import { NbspError } from './errors.ts';

/**
 * Parses a JSON body by its schema.
 * @throws NbspError `malformed` that names the members at fault, and none of their values: one may be a key
 */
export function parseJsonBody<const Schema extends v.GenericSchema>(
  body: Uint8Array,
  schema: Schema,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, jsonOf(body));
  if (parsed.success) return parsed.output;
  const members = parsed.issues.map((issue) => v.getDotPath(issue) ?? 'the body');
  throw new NbspError('malformed', `wrong or missing: ${[...new Set(members)].join(', ')}`);
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The cause would quote the body.
    throw new NbspError('malformed', 'the body is not JSON');
  }
}
