import { expect, test } from 'vitest';
import { checkLock, readLocks } from '../../packaging/supply-chain/licences.ts';

const faultsOf = (entry: object) =>
  checkLock({ packages: { 'node_modules/x': { integrity: 'sha512-AAAA', ...entry } } }).faults;

test('every package of every lock has a licence that its use allows, and no install script that is not listed', () => {
  const locks = readLocks().map(checkLock);
  expect(locks.flatMap(({ faults }) => faults)).toEqual([]);
  // This repository's, and those of Biome, TypeDoc and the compiler of AssemblyScript.
  expect(locks.length).toBe(4);
});

test('a package without a licence, or with one that is not listed, is a fault', () => {
  expect(faultsOf({})).toEqual(['x: licence none']);
  expect(faultsOf({ license: 'GPL-3.0-only' })).toEqual(['x: licence GPL-3.0-only']);
});

test('a licence of a tool is a fault in what is delivered', () => {
  expect(faultsOf({ license: 'MPL-2.0', dev: true })).toEqual([]);
  expect(faultsOf({ license: 'MPL-2.0' })).toEqual(['x: licence MPL-2.0']);
});

test('of a choice one licence is enough, and of several all are needed', () => {
  expect(faultsOf({ license: '(MIT OR GPL-3.0-or-later)' })).toEqual([]);
  expect(faultsOf({ license: '(MIT AND GPL-3.0-or-later)' })).toEqual([
    'x: licence (MIT AND GPL-3.0-or-later)',
  ]);
});

test('an install script that nobody has justified is a fault', () => {
  expect(faultsOf({ license: 'MIT', hasInstallScript: true })).toEqual(['x: has an install script']);
});

test('a package that the lock has no digest of by SHA-512 is a fault', () => {
  expect(faultsOf({ license: 'MIT', integrity: 'sha1-AAAA' })).toEqual(['x: has no digest by SHA-512']);
  expect(faultsOf({ license: 'MIT', integrity: undefined })).toEqual(['x: has no digest by SHA-512']);
});

test('a package that its authors have given up is a fault', () => {
  expect(faultsOf({ license: 'MIT', deprecated: 'use y' })).toEqual(['x: deprecated, use y']);
});
