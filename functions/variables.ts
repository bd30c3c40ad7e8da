import * as v from 'valibot';

/** What a variable takes, where the schema's own words are not for people. */
const WANTED: Readonly<Record<string, string>> = { to_number: 'a number', ip: 'IP addresses' };

/**
 * Environment variables by a schema; an empty one is as good as none.
 * @throws Error that names each variable that is missing or wrong, and what it takes; what it has is not
 * repeated, for that may be a secret in the wrong place
 */
export function parseVariables<const Schema extends v.GenericSchema>(
  schema: Schema,
  env: NodeJS.ProcessEnv,
): v.InferOutput<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, text]) => text !== ''));
  const parsed = v.safeParse(schema, given);
  if (parsed.success) return parsed.output;
  const problems = parsed.issues.map((issue) => {
    const name = v.getDotPath(issue)?.split('.')[0] ?? 'the environment';
    if (issue.received === 'undefined') return `${name} is missing`;
    return `${name} takes ${issue.expected ?? WANTED[issue.type] ?? 'another value'}`;
  });
  throw new Error(`wrong environment: ${[...new Set(problems)].join('; ')}`);
}
