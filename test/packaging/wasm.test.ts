import { expect, test } from 'vitest';
import { isModuleCurrent } from '../../packaging/wasm/module.ts';

test('the WebAssembly is compiled from the sources as they are: else run `npm run wasm`', () => {
  expect(isModuleCurrent()).toBe(true);
});
