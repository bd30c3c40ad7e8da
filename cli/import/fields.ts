import * as v from 'valibot';

// What cells of CSV and members of JSON Lines are parsed by. No message repeats a value: it may be a key.

const text = v.string('it is a text');

/** A text in the form that `parse` takes. */
export function textAs<T>(parse: (text: string) => T) {
  return v.pipe(text, parsedBy(parse));
}

/** A list of such texts: an array, or a text in which blanks stand between them. */
export function listOf<T>(parse: (text: string) => T) {
  return v.pipe(
    v.union([text, v.array(text)], 'it is a list of texts'),
    v.transform((list) =>
      typeof list === 'string' ? list.split(/\s+/).filter((each) => each !== '') : list,
    ),
    v.array(v.pipe(v.string(), parsedBy(parse))),
  );
}

/** A number: of seconds, for one. */
export function wholeNumber(least: number, most: number) {
  const message = `it is a whole number of ${least} to ${most}`;
  return v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))], message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
}

/** A time in ISO 8601 with its offset, as ms since the epoch. */
export const time = v.pipe(
  text,
  v.regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/,
    'it is a time such as 2026-01-31T12:00:00Z',
  ),
  v.transform(Date.parse),
  v.check((at) => Number.isFinite(at), 'there is no such time'),
);

/** The reason why a row has not the form of a schema: the column and what it takes. */
export function reasonOf([issue]: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  const path = issue.path?.[0]?.key;
  if (path === undefined) return issue.message;
  if (issue.type === 'object' || issue.type === 'strict_object') return `${path} is missing`;
  return `${path}: ${issue.message}`;
}

function parsedBy<T>(parse: (text: string) => T) {
  return v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
    try {
      return parse(dataset.value);
    } catch (error) {
      addIssue({ message: error instanceof Error ? error.message : 'it has another form' });
      return NEVER;
    }
  });
}
