/**
 * Where something stands below an element: `list/MSK`, `MSKID`, `MSK/@id`, or `.` for the element itself.
 * Names are local ones.
 */
export interface NodePath {
  /** As it was written. */
  readonly text: string;
  readonly elements: readonly string[];
  readonly attribute?: string;
}

/**
 * The characters of a name without a prefix (Namespaces in XML 1.0 §3), of which no JavaScript object is
 * made.
 */
const NAME = /^(?!__proto__$)[\p{L}_][\p{L}\p{N}._-]{0,63}$/u;

/** Levels of a path at most. */
const MAX_LEVELS = 8;

/** Whether a text is the local name of an element or attribute, of 64 characters at most. */
export function isLocalName(text: string): boolean {
  return NAME.test(text);
}

/** Parses a path; undefined when it is none. */
export function parseNodePath(text: string): NodePath | undefined {
  if (text === '.') return { text, elements: [] };
  const steps = text.split('/');
  const last = steps.at(-1) ?? '';
  const attribute = last.startsWith('@') ? last.slice(1) : undefined;
  const elements = attribute === undefined ? steps : steps.slice(0, -1);
  const names = attribute === undefined ? elements : [...elements, attribute];
  if (steps.length > MAX_LEVELS || !names.every(isLocalName)) return undefined;
  return attribute === undefined ? { text, elements } : { text, elements, attribute };
}

/** Whether two paths of one item can't both hold a text: they are the same, or one lies within the other. */
export function areInEachOthersWay(one: NodePath, other: NodePath): boolean {
  return one.text === other.text || isWithin(one, other) || isWithin(other, one);
}

/** Whether `inner` stands in the text of `outer`. An attribute of an element stands beside its text. */
function isWithin(inner: NodePath, outer: NodePath): boolean {
  if (outer.attribute !== undefined) return false;
  const begins = outer.elements.every((name, level) => inner.elements[level] === name);
  return begins && inner.elements.length > outer.elements.length;
}
