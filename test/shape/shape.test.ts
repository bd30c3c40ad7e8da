import { expect, test } from 'vitest';
import { importsOf, isUpward } from './imports.ts';
import { shapeOfRepository } from './shape.ts';

test('the repository is measured: its rooms, and the arrows between them', () => {
  const { files, functions, rooms, arrows } = shapeOfRepository();
  expect(files.map(({ what }) => what)).toContain('test/shape/shape.ts');
  expect(functions.length).toBeGreaterThan(1000);
  expect(rooms.map(({ what }) => what)).toEqual(expect.arrayContaining(['lib', 'lib/store', 'test']));
  expect(arrows).toContainEqual({
    what: 'functions/key-request -> lib/front-door',
    size: expect.any(Number),
    isBroken: false,
  });
});

test('an import goes up from lib to functions, and down the other way', () => {
  expect(isUpward({ from: 'lib/keys/a.ts', to: 'functions/key-request/b.ts' })).toBe(true);
  expect(isUpward({ from: 'functions/key-request/b.ts', to: 'lib/keys/a.ts' })).toBe(false);
  expect(importsOf('test/shape/shape.ts')).toContainEqual({
    from: 'test/shape/shape.ts',
    to: 'test/shape/imports.ts',
  });
});
