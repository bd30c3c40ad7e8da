import * as v from 'valibot';
import { CommandSources } from '../lib/events/command-sources.ts';
import { EVENT_SOURCE } from '../lib/events/contracts.ts';
import type { VariableNames } from './environment-variables.ts';
import { SetupError } from './errors.ts';

/** A whole number from `min` to `max`, in decimal. */
export const wholeNumber = (min: number, max: number) =>
  v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(min), v.maxValue(max));

/** A number from `min` to `max`, with or without a fraction. */
export const decimal = (min: number, max: number) =>
  v.pipe(v.string(), v.toNumber(), v.minValue(min), v.maxValue(max));

/** `true` or `false`. */
export const flag = v.pipe(
  v.picklist(['true', 'false']),
  v.transform((text) => text === 'true'),
);

/** A comma between each two of what `item` takes; at least one. Spaces around an item are left out. */
export const commaList = <const Item extends v.GenericSchema<string, unknown>>(item: Item) =>
  v.pipe(
    v.string(),
    v.transform((text) => text.split(',').map((part) => part.trim())),
    v.array(item),
    v.minLength(1),
  );

/** The sources that commands are taken from. */
export const commandSources = v.pipe(
  v.optional(commaList(v.pipe(v.string(), v.nonEmpty())), EVENT_SOURCE),
  v.transform((operators) => new CommandSources(operators)),
);

/** What a variable takes, where the schema's own words are not for people. */
const EXPECTED: Readonly<Record<string, string>> = { to_number: 'a number', ip: 'IP addresses' };

/**
 * Reads the environment variables `names`, each by its schema. An empty variable counts as unset.
 * @returns what each variable sets, by the keys of `names`
 * @throws SetupError that names each variable that is missing or wrong, and says what it takes. It does not
 * repeat the value, which may be a secret in the wrong place
 */
export function parseVariables<
  const Names extends VariableNames,
  const Schemas extends Readonly<Record<keyof Names, v.GenericSchema>> & v.ObjectEntries,
>(names: Names, schemas: Schemas, env: NodeJS.ProcessEnv): v.InferOutput<v.ObjectSchema<Schemas, undefined>> {
  const given = Object.fromEntries(
    Object.entries(names).map(([key, name]) => [key, env[name] === '' ? undefined : env[name]]),
  );
  const parsed = v.safeParse(v.object(schemas), given);
  if (parsed.success) return parsed.output;
  const problems = parsed.issues.map((issue) => {
    const name = names[v.getDotPath(issue)?.split('.')[0] ?? ''];
    if (issue.received === 'undefined') return `${name} is missing`;
    return `${name} takes ${issue.expected ?? EXPECTED[issue.type] ?? 'another value'}`;
  });
  throw new SetupError('wrong-environment', `wrong environment: ${[...new Set(problems)].join('; ')}`);
}
