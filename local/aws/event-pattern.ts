/** A pattern that EventBridge would refuse, or that uses what the local bus does not have. */
export class EventPatternError extends Error {
  override readonly name = 'EventPatternError';
}

/** Whether an event matches a pattern. */
export type EventMatcher = (event: unknown) => boolean;

/** Whether the value of a field matches: undefined for a field that the event does not have. */
type LeafMatcher = (value: unknown) => boolean;

/**
 * Compiles a pattern of EventBridge: every field must match, by one of its listed values or operators. Has
 * `prefix`, `suffix`, `equals-ignore-case`, `wildcard`, `numeric`, `exists`, and `anything-but` with values
 * or with one of the first four.
 * @throws EventPatternError for everything else, and for a malformed pattern, wherever it stands: nothing is
 * left to be found out when an event comes
 */
export function compileEventPattern(pattern: unknown): EventMatcher {
  if (!isRecord(pattern)) throw new EventPatternError('a pattern is an object whose leaves are lists');
  const fields = Object.entries(pattern).map(([name, inner]): EventMatcher => {
    if (name.startsWith('$')) throw new EventPatternError(`the local bus has no "${name}"`);
    const matches = Array.isArray(inner) ? compileLeaves(name, inner) : compileEventPattern(inner);
    return (event) => matches(isRecord(event) ? event[name] : undefined);
  });
  if (fields.length === 0) throw new EventPatternError('a pattern and each object in it has a field');
  return (event) => fields.every((matches) => matches(event));
}

/** Values of a list in the event match if one of them does; an object is no leaf, and counts as absent. */
function compileLeaves(name: string, leaves: readonly unknown[]): LeafMatcher {
  if (leaves.length === 0) throw new EventPatternError(`"${name}" has no value to match`);
  const matchers = leaves.map(compileLeaf);
  return (value) => {
    const values = Array.isArray(value) && value.length > 0 ? value : [value];
    return values.some((each) => {
      const leaf = isRecord(each) || Array.isArray(each) ? undefined : each;
      return matchers.some((matches) => matches(leaf));
    });
  };
}

function compileLeaf(leaf: unknown): LeafMatcher {
  if (isScalar(leaf)) return (value) => value === leaf;
  const [entry, ...more] = isRecord(leaf) ? Object.entries(leaf) : [];
  if (entry === undefined || more.length > 0)
    throw new EventPatternError(`${JSON.stringify(leaf)} is neither a value nor one operator`);
  const [operator, operand] = entry;
  const compile = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (compile === undefined) throw new EventPatternError(`the local bus has no operator "${operator}"`);
  return compile(operand);
}

/** Operators on a text, by the names that EventBridge gives them. */
const TEXT_OPERATORS: Readonly<Record<string, (operand: string) => (text: string) => boolean>> = {
  prefix: (operand) => (text) => text.startsWith(operand),
  suffix: (operand) => (text) => text.endsWith(operand),
  'equals-ignore-case': (operand) => (text) => text.toLowerCase() === operand.toLowerCase(),
  wildcard: (operand) => {
    const pieces = operand.split('*').map((piece) => piece.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&'));
    const expression = new RegExp(`^${pieces.join('.*')}$`, 's');
    return (text) => expression.test(text);
  },
};

const OPERATORS: Readonly<Record<string, (operand: unknown) => LeafMatcher>> = {
  ...Object.fromEntries(
    Object.entries(TEXT_OPERATORS).map(([name, compile]) => [name, onText(name, compile)] as const),
  ),
  exists: (operand) => {
    if (typeof operand !== 'boolean') throw new EventPatternError('"exists" is true or false');
    return (value) => (value !== undefined) === operand;
  },
  numeric: compileNumeric,
  'anything-but': (operand) => {
    const excluded = compileExcluded(operand);
    return (value) => value !== undefined && !excluded.some((matches) => matches(value));
  },
};

function onText(
  name: string,
  compile: (operand: string) => (text: string) => boolean,
): (operand: unknown) => LeafMatcher {
  return (operand) => {
    if (typeof operand !== 'string') throw new EventPatternError(`"${name}" takes a text here`);
    const matches = compile(operand);
    return (value) => typeof value === 'string' && matches(value);
  };
}

/** What `anything-but` excludes: a value or several, or a text operator on one text or several. */
function compileExcluded(operand: unknown): LeafMatcher[] {
  const values = Array.isArray(operand) ? operand : [operand];
  if (values.length > 0 && values.every((each) => typeof each === 'string' || typeof each === 'number'))
    return values.map(compileLeaf);
  const [entry, ...more] = isRecord(operand) ? Object.entries(operand) : [];
  if (entry === undefined || more.length > 0 || !Object.hasOwn(TEXT_OPERATORS, entry[0]))
    throw new EventPatternError(`"anything-but" does not take ${JSON.stringify(operand)} here`);
  const [operator, texts] = entry;
  return (Array.isArray(texts) ? texts : [texts]).map((text) => compileLeaf({ [operator]: text }));
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** One or two comparisons that all hold, such as `[">", 0, "<=", 5]`. */
function compileNumeric(operand: unknown): LeafMatcher {
  const parts: readonly unknown[] = Array.isArray(operand) ? operand : [];
  const comparisons = Array.from({ length: Math.ceil(parts.length / 2) }, (_, index) => {
    const compare = COMPARISONS[String(parts[2 * index])];
    const bound = parts[2 * index + 1];
    return compare && typeof bound === 'number' ? (value: number) => compare(value, bound) : undefined;
  });
  if (comparisons.length === 0 || comparisons.length > 2 || comparisons.includes(undefined))
    throw new EventPatternError('"numeric" takes one or two comparisons with a number each');
  return (value) => typeof value === 'number' && comparisons.every((holds) => holds?.(value));
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
