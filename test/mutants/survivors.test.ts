import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Mutant, survivorsOf } from './survivors.ts';

test('mutants are counted, and survivors named with the code that was changed and why that may be', () => {
  const root = mkdtempSync(join(tmpdir(), 'mutants-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'a.ts'), 'const a =\n  1 + 2;\nconst b = a < 3;\nconst c = 1 + 2;\n');
  const mutant = (status: string, line: number, from: number, to: number, replacement: string): Mutant => ({
    fileName: join(root, 'a.ts'),
    status,
    replacement,
    location: { start: { line, column: from }, end: { line, column: to } },
  });
  const explained = [
    { file: 'a.ts', line: '1 + 2;', original: '1 + 2', replacement: '1 - 2', why: 'nobody reads it' },
  ];
  expect(
    survivorsOf(
      [
        mutant('Killed', 2, 10, 15, 'a <= 3'),
        mutant('Timeout', 2, 10, 15, 'true'),
        mutant('CompileError', 2, 10, 15, ''),
        mutant('Survived', 2, 3, 8, '1 - 2'),
        mutant('NoCoverage', 3, 11, 16, 'false'),
        mutant('Survived', 4, 11, 16, '1 - 2'),
      ],
      explained,
      root,
    ),
  ).toEqual({
    total: 5,
    killed: 2,
    survived: [
      { file: 'a.ts', line: 2, original: '1 + 2', replacement: '1 - 2', why: 'nobody reads it' },
      { file: 'a.ts', line: 3, original: 'a < 3', replacement: 'false', why: undefined },
      { file: 'a.ts', line: 4, original: '1 + 2', replacement: '1 - 2', why: undefined },
    ],
  });
});
