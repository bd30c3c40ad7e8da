import { expect, test } from 'vitest';

test('tests run on the version of Node that the Lambda runtime has, whatever the machine has', () => {
  expect(process.version).toMatch(/^v24\./);
});
