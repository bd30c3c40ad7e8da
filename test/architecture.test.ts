import { expect, test } from 'vitest';
import { type Import, importsOf, isUpward } from './shape/imports.ts';
import { filesIn, PRODUCT } from './shape/sources.ts';

const IMPORTS = PRODUCT.flatMap(filesIn).flatMap(importsOf);

test('no import goes up: cdk, cli, local -> functions -> lib', () => {
  expect(broken(isUpward)).toEqual([]);
});

test('nobody but lib/store knows the keys of its items', () => {
  expect(broken(({ from, to }) => to === 'lib/store/item-keys.ts' && !isIn('lib/store', from))).toEqual([]);
});

test('nothing in lib but lib/native itself imports lib/native', () => {
  const isDomain = (path: string) => isIn('lib', path) && !isIn('lib/native', path);
  expect(broken(({ from, to }) => isDomain(from) && isIn('lib/native', to))).toEqual([]);
});

test('lib/store imports nothing of MIKEY, of the distribution, or of the procedures', () => {
  const above = [
    'mikey',
    'distribution',
    'key-management',
    'key-rotation',
    'provisioning',
    'front-door',
    'ue',
  ];
  const isAbove = (path: string) => above.some((room) => isIn(`lib/${room}`, path));
  expect(broken(({ from, to }) => isIn('lib/store', from) && isAbove(to))).toEqual([]);
});

test('the rooms of lib import each other without circles', () => {
  const rooms = new Map<string, Set<string>>();
  for (const { from, to } of IMPORTS) {
    const [room, other] = [roomOf(from), roomOf(to)];
    if (room === undefined || other === undefined || room === other) continue;
    rooms.set(room, (rooms.get(room) ?? new Set()).add(other));
  }
  expect([...rooms.keys()].flatMap((room) => circleFrom(room, rooms))).toEqual([]);
});

test('the imports are read from the files', () => {
  expect(IMPORTS.length).toBeGreaterThan(500);
  expect(IMPORTS).toContainEqual({ from: 'lib/store/key-store.ts', to: 'lib/store/table.ts' });
});

function isIn(folder: string, path: string): boolean {
  return path.startsWith(`${folder}/`);
}

/** The room of lib that a file stands in; undefined for a file of lib itself, and outside lib. */
function roomOf(path: string): string | undefined {
  const [lib, room, ...rest] = path.split('/');
  return lib === 'lib' && rest.length > 0 ? room : undefined;
}

/** A way from a room back to itself, if there is one. */
function circleFrom(start: string, rooms: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const seen = new Set<string>();
  const ways = [[start]];
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    for (const next of rooms.get(way.at(-1) ?? start) ?? []) {
      if (next === start) return [[...way, start].join(' -> ')];
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  }
  return [];
}

function broken(isForbidden: (each: Import) => boolean): string[] {
  return IMPORTS.filter(isForbidden).map(({ from, to }) => `${from} imports ${to}`);
}
