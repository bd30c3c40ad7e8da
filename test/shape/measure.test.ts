import { expect, test } from 'vitest';
import { measure } from './measure.ts';

const body = (lines: number) => 'void 0;\n'.repeat(lines);

test('functions, methods and arrow functions are measured from their first line to their last', () => {
  const { lines, functions } = measure(
    `function one() {\n${body(3)}}\nexport const two = (): number => {\n${body(1)}};\nclass C {\n  #three() {}\n}\n`,
  );
  expect(lines).toBe(11);
  expect(functions).toEqual([
    { name: 'one', line: 1, lines: 5, isExcused: false },
    { name: 'two', line: 6, lines: 3, isExcused: false },
    { name: '#three', line: 10, lines: 1, isExcused: false },
  ]);
});

test('a docstring excuses the function that it stands before, and none inside', () => {
  const { functions } = measure(
    '/**\n * A table, longer than a\n * screen.\n */\nexport function table() {\n  return [() => 1];\n}\n',
  );
  expect(functions.map(({ isExcused }) => isExcused)).toEqual([true, false]);
});

test('lines with comments are measured, and no others', () => {
  const { comments } = measure(`// ${'a'.repeat(120)}\nconst text = '// ${'b'.repeat(120)}';\nlet c; // c\n`);
  expect(comments).toEqual([
    { line: 1, columns: 123 },
    { line: 3, columns: 11 },
  ]);
});
