/** A pattern that uses an operator which the local bus does not have. */
export class EventPatternError extends Error {
  override readonly name = 'EventPatternError';
}

/** Operators of a pattern's leaf, by the names EventBridge gives them. */
const OPERATORS: Readonly<Record<string, (operand: unknown, value: unknown) => boolean>> = {
  prefix: (operand, value) => typeof value === 'string' && value.startsWith(String(operand)),
  'anything-but': (operand, value) =>
    value !== undefined && !(Array.isArray(operand) ? operand : [operand]).includes(value),
  exists: (operand, value) => (value !== undefined) === operand,
};

/**
 * Whether an event matches an EventBridge pattern: every field of the pattern must match, each by one of
 * its listed values or operators.
 * @throws EventPatternError for an operator other than prefix, anything-but and exists
 */
export function matchesPattern(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some((leaf) => matchesLeaf(leaf, event));
  if (!isRecord(pattern)) throw new EventPatternError('a pattern is an object whose leaves are lists');
  return Object.entries(pattern).every(([name, inner]) =>
    matchesPattern(inner, isRecord(event) ? event[name] : undefined),
  );
}

function matchesLeaf(leaf: unknown, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((each) => matchesLeaf(leaf, each));
  if (!isRecord(leaf)) return leaf === value;
  return Object.entries(leaf).every(([operator, operand]) => {
    const matches = OPERATORS[operator];
    if (matches === undefined) throw new EventPatternError(`the local bus has no operator "${operator}"`);
    return matches(operand, value);
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
