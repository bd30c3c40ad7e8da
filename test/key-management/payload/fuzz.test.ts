import { describe, expect, it } from 'vitest';
import { fuzzXml } from '../../fuzz/xml-inputs.ts';

describe('mutated payloads', () => {
  it('give values or PayloadErrors, some of each, and the same for the same seed', () => {
    const { tried, refused } = fuzzXml(5_000, 1);
    expect(tried).toBe(5_000);
    expect(refused).toBeGreaterThan(2_500);
    expect(refused).toBeLessThan(5_000);
    expect(fuzzXml(5_000, 1)).toEqual({ tried, refused });
  });
});
