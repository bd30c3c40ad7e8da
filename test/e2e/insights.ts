/**
 * A reader of the filters of CloudWatch Logs Insights that this repository uses, for lines of JSON: `=`,
 * `!=`, `in`, `like` with a text, `ispresent`, `and`, `or` and parentheses.
 */
export function filterOf(query: readonly string[]): (line: Readonly<Record<string, unknown>>) => boolean {
  const filter = query.find((line) => line.startsWith('filter '))?.slice('filter '.length) ?? '';
  const tokens = filter.match(/"[^"]*"|[[\](),]|!=|=|[@\w.-]+/g) ?? [];
  let at = 0;
  const next = () => tokens[at++] ?? '';
  const text = () => next().slice(1, -1);
  type Test = (line: Readonly<Record<string, unknown>>) => boolean;

  const either = (): Test => {
    const parts = [both()];
    while (tokens[at] === 'or') {
      at++;
      parts.push(both());
    }
    return (line) => parts.some((part) => part(line));
  };
  const both = (): Test => {
    const parts = [single()];
    while (tokens[at] === 'and') {
      at++;
      parts.push(single());
    }
    return (line) => parts.every((part) => part(line));
  };
  const single = (): Test => {
    const field = next();
    if (field === '(') {
      const inner = either();
      next();
      return inner;
    }
    if (field === 'ispresent') {
      const [, name] = [next(), next(), next()];
      return (line) => fieldOf(line, name ?? '') !== undefined;
    }
    return comparison(field, next());
  };
  const comparison = (field: string, operator: string): Test => {
    if (operator === 'in') {
      const values: string[] = [];
      while (next() !== ']') if (tokens[at] !== ']') values.push(text());
      return (line) => values.includes(String(fieldOf(line, field)));
    }
    const value = text();
    if (operator === '=') return (line) => fieldOf(line, field) === value;
    if (operator === '!=') return (line) => fieldOf(line, field) !== value;
    if (operator === 'like') return (line) => String(fieldOf(line, field)).includes(value);
    throw new Error(`the reader knows no operator ${operator}`);
  };
  const test = either();
  if (at !== tokens.length) throw new Error(`the filter goes on after ${tokens.slice(0, at).join(' ')}`);
  return test;
}

/** The names of fields that a query uses, but for those that Insights or the query itself makes. */
export function fieldsOf(query: readonly string[]): string[] {
  const own = [...query.join('\n').matchAll(/ as (\w+)/g)].map(([, name]) => name);
  const words = query.flatMap((line) => line.replaceAll(/"[^"]*"/g, '').match(/[@\w.]+/g) ?? []);
  return [...new Set(words)].filter(
    (word) => !KEYWORDS.has(word) && !/^[@\d]/.test(word) && !own.includes(word),
  );
}

const KEYWORDS = new Set(
  'fields filter sort limit stats sum count latest as by asc desc and or in like ispresent'.split(' '),
);

/** `@message` is the whole line; a dot goes into an object. */
function fieldOf(line: Readonly<Record<string, unknown>>, name: string): unknown {
  if (name === '@message') return JSON.stringify(line);
  let value: unknown = line;
  for (const part of name.split('.'))
    value = typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined;
  return value;
}
