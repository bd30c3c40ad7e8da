import { type ParserPlugin, parse } from '@babel/parser';

/** A function, method or arrow function. */
export interface MeasuredFunction {
  readonly name: string;
  /** The line that it starts on, from 1. */
  readonly line: number;
  readonly lines: number;
  /** Its docstring says that it is longer than a screen, and why. */
  readonly isExcused: boolean;
}

/** A line with a comment. */
export interface CommentLine {
  readonly line: number;
  readonly columns: number;
}

/** A source file by its figures. */
export interface Measured {
  readonly lines: number;
  readonly functions: readonly MeasuredFunction[];
  readonly comments: readonly CommentLine[];
}

const PLUGINS: ParserPlugin[] = ['typescript'];

/** AssemblyScript puts decorators before functions, which TypeScript does not know. */
const DECORATOR = /^@\w+(?:\(.*\))?/gm;

/** What a docstring says of a function that may be longer than the limit, such as a table. */
const EXCUSE = /longer than a screen/i;

/** The part of a node of the syntax tree that is read here. */
interface Node {
  readonly type: string;
  readonly loc?: {
    readonly start: { readonly line: number };
    readonly end: { readonly line: number };
  } | null;
  readonly leadingComments?: readonly { readonly value: string }[] | null;
  readonly [key: string]: unknown;
}

/** Measures TypeScript, JavaScript or AssemblyScript. @throws SyntaxError */
export function measure(text: string): Measured {
  const { program, comments } = parse(text.replaceAll(DECORATOR, ''), {
    sourceType: 'module',
    plugins: PLUGINS,
  });
  const lines = text.split('\n');
  const functions: MeasuredFunction[] = [];
  collect({ ...program }, '', '', functions);
  const commentLines = new Set((comments ?? []).flatMap(({ loc }) => (loc ? linesOf(loc) : [])));
  return {
    lines: lines.at(-1) === '' ? lines.length - 1 : lines.length,
    functions,
    comments: [...commentLines].map((line) => ({ line, columns: lines[line - 1]?.length ?? 0 })),
  };
}

function collect(node: Node, name: string, doc: string, into: MeasuredFunction[]): void {
  const ownName = nameOf(node) ?? name;
  const ownDoc = node.leadingComments?.map(({ value }) => value).join(' ') ?? doc;
  const isFunction = /Function|^(Object|Class|ClassPrivate)Method$/.test(node.type) && isNode(node.body);
  if (isFunction && node.loc) {
    const { start, end } = node.loc;
    const isExcused = EXCUSE.test(ownDoc.replaceAll(/\s*\n\s*\*\s*/g, ' '));
    into.push({ name: ownName, line: start.line, lines: end.line - start.line + 1, isExcused });
  }
  // A docstring excuses the function that it stands before, not those inside.
  const passed = isFunction || node.type === 'ClassBody' ? '' : ownDoc;
  for (const [key, value] of Object.entries(node)) {
    if (key.endsWith('Comments')) continue;
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) collect(child, ownName, passed, into);
  }
}

function nameOf({ id, key, callee }: Node): string | undefined {
  for (const named of [id, key, callee]) {
    if (!isNode(named)) continue;
    if (typeof named.name === 'string') return named.name;
    if (isNode(named.id) && typeof named.id.name === 'string') return `#${named.id.name}`;
  }
  return undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function linesOf({ start, end }: { start: { line: number }; end: { line: number } }): number[] {
  return Array.from({ length: end.line - start.line + 1 }, (_, index) => start.line + index);
}
