import { describe, expect, test } from 'vitest';
import { compileEventPattern, EventPatternError } from '../../local/aws/event-pattern.ts';

const EVENT = {
  source: 'bmsc.operator',
  'detail-type': 'Push MSK',
  detail: {
    mskId: '00010001',
    count: 3,
    isLast: true,
    none: null,
    target: { ues: ['a@x', 'b@y'] },
    empty: [],
  },
};
const detail = (name: string, ...leaves: unknown[]) => ({ detail: { [name]: leaves } });

describe('an event matches', () => {
  test.for([
    [{ source: ['bmsc.operator'] }],
    [{ source: ['other', 'bmsc.operator'], 'detail-type': [{ prefix: 'Push' }] }],
    [detail('mskId', { suffix: '0001' })],
    [detail('mskId', { 'equals-ignore-case': '00010001' })],
    [{ source: [{ wildcard: 'bmsc.*r' }] }],
    [detail('count', 3)],
    [detail('count', { numeric: ['>', 0, '<=', 3] })],
    [detail('isLast', true)],
    [detail('none', null)],
    [detail('mskId', { exists: true })],
    [detail('absent', { exists: false })],
    [detail('target', { exists: false })],
    [detail('empty', { exists: false })],
    [detail('mskId', { 'anything-but': ['x', 'y'] })],
    [detail('mskId', { 'anything-but': { prefix: ['x', 'y'] } })],
    [detail('mskId', { 'anything-but': { suffix: '2' } })],
    [{ detail: { target: { ues: ['b@y'] } } }],
  ])('%j', ([pattern]) => {
    expect(compileEventPattern(pattern)(EVENT)).toBe(true);
  });
});

describe('an event does not match', () => {
  test.for([
    [{ source: ['bmsc'] }],
    [{ source: ['bmsc.operator'], 'detail-type': ['Solicit MSK Pull'] }],
    [detail('count', '3')],
    [detail('count', { prefix: '3' })],
    [detail('count', { numeric: ['>', 3] })],
    [detail('mskId', { exists: false })],
    [detail('target', { exists: true })],
    [detail('absent', { 'anything-but': 'x' })],
    [detail('mskId', { 'anything-but': { prefix: '0001' } })],
    [detail('mskId', { 'anything-but': ['x', '00010001'] })],
    [{ source: [{ wildcard: 'bmsc?operator' }] }],
    [{ detail: { target: ['a@x'] } }],
    [{ detail: { target: { ues: ['c@z'] } } }],
  ])('%j', ([pattern]) => {
    expect(compileEventPattern(pattern)(EVENT)).toBe(false);
  });
});

describe('a pattern that the local bus can not follow is refused before any event comes', () => {
  test.for([
    [{}],
    [[]],
    [{ source: 'bmsc' }],
    [{ source: [] }],
    [{ detail: {} }],
    [{ $or: [{ source: ['a'] }] }],
    // Behind a field that does not match.
    [{ source: ['other'], detail: { ip: [{ cidr: '10.0.0.0/8' }] } }],
    [detail('a', { prefix: 'x', suffix: 'y' })],
    [detail('a', { prefix: 3 })],
    [detail('a', { exists: 'true' })],
    [detail('a', { numeric: ['>', '3'] })],
    [detail('a', { numeric: ['>', 0, '<'] })],
    [detail('a', { numeric: [] })],
    [detail('a', { 'anything-but': { numeric: ['>', 0] } })],
    [detail('a', { 'anything-but': [] })],
    [detail('a', { 'anything-but': { prefix: 3 } })],
    [detail('a', ['nested'])],
    [detail('a', { toString: 1 })],
  ])('%j', ([pattern]) => {
    expect(() => compileEventPattern(pattern)).toThrow(EventPatternError);
  });
});
