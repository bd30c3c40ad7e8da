import { validateExpressions } from 'dynalite/validations/index.js';
import { AwsError } from '../../../local/aws/aws-error.ts';

type Names = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The expressions of a request of a table. */
interface WithExpressions {
  readonly ExpressionAttributeNames?: Names;
  readonly ExpressionAttributeValues?: Values;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ProjectionExpression?: string;
}

/** Where one request has its own value in a parsed expression. */
class ValuePlace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What dynalite makes of expressions. */
const PARSED = ['_condition', '_updates', '_projection'] as const;
/** Before a name, where one request has its own attribute; no attribute begins like that. */
const NAME_PLACE = '\0';

/**
 * Parsed expressions by their texts and the types of their values. Parsing them anew for each call took a
 * third of the time of a simulation, and the code has a few dozens of them.
 */
const templates = new Map<string, readonly unknown[]>();

/**
 * Adds the parsed expressions to a request, as dynalite's actions take them.
 * @throws AwsError when an expression is wrong
 */
export function parseExpressions<T extends WithExpressions>(request: T): T {
  const { ConditionExpression, UpdateExpression, ProjectionExpression } = request;
  if ((ConditionExpression ?? UpdateExpression ?? ProjectionExpression) === undefined) return request;
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = request;
  const types = Object.entries(values).map(([name, value]) => [name, Object.keys(value)[0]]);
  const texts = [ConditionExpression, UpdateExpression, ProjectionExpression];
  const key = JSON.stringify([texts, Object.keys(names), types]);
  const template = templates.get(key) ?? parsed(request);
  templates.set(key, template);
  for (const [index, name] of PARSED.entries())
    if (template[index] !== undefined)
      Object.assign(request, { [name]: filled(template[index], names, values) });
  return request;
}

function parsed(request: WithExpressions): unknown[] {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values = {} } = request;
  const places = names && Object.fromEntries(Object.keys(names).map((name) => [name, NAME_PLACE + name]));
  const copy = { ...request, ...(places && { ExpressionAttributeNames: places }) };
  const wrong = validateExpressions(copy);
  if (wrong !== undefined) throw new AwsError('ValidationException', wrong);
  const nameOf = new Map<unknown, string>(Object.entries(values).map(([name, value]) => [value, name]));
  return PARSED.map((name) => emptied(Reflect.get(copy, name), nameOf));
}

function emptied(part: unknown, nameOf: ReadonlyMap<unknown, string>): unknown {
  const name = nameOf.get(part);
  return name === undefined ? mapped(part, (each) => emptied(each, nameOf)) : new ValuePlace(name);
}

/** A copy, since what works with it may change it. */
function filled(part: unknown, names: Names, values: Values): unknown {
  if (part instanceof ValuePlace) return values[part.name];
  if (typeof part === 'string' && part.startsWith(NAME_PLACE)) return names[part.slice(NAME_PLACE.length)];
  return mapped(part, (each) => filled(each, names, values));
}

function mapped(part: unknown, map: (each: unknown) => unknown): unknown {
  if (Array.isArray(part)) return part.map(map);
  if (typeof part !== 'object' || part === null) return part;
  const copy: Record<string, unknown> = Object.create(Object.getPrototypeOf(part));
  for (const key in part) copy[String(map(key))] = map(Reflect.get(part, key));
  return copy;
}
