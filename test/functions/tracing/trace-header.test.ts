import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDaemonAddress } from '../../../functions/tracing/trace-daemon.ts';
import { formatTraceHeader, parseTraceHeader } from '../../../functions/tracing/trace-header.ts';

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const context = fc.record({
  traceId: fc.tuple(digits(8), digits(24)).map(([time, chance]) => `1-${time}-${chance}`),
  parentId: fc.option(digits(16), { nil: undefined }),
});

test('a header of any trace is read as it was written', () => {
  fc.assert(
    fc.property(context, (trace) => {
      expect(parseTraceHeader(formatTraceHeader(trace))).toEqual(trace);
    }),
  );
});

test('any text is a trace or none, and throws nothing', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect([undefined, 'object']).toContain(typeofTrace(text));
    }),
  );
});

const ROOT = '1-5759e988-bd862e3fe1be46a994272793';
const PARENT = '53995c3f42cd8ad8';

test.each([
  ['the order of Lambda', `Root=${ROOT};Parent=${PARENT};Sampled=1`, PARENT],
  [
    'another order, and fields of others',
    `Self=1-2;Sampled=1; Root=${ROOT} ;Lineage=a:1;Parent=${PARENT}`,
    PARENT,
  ],
  ['no segment before', `Root=${ROOT};Sampled=1`, undefined],
])('%s is read', (_, text, parentId) => {
  expect(parseTraceHeader(text)).toEqual({ traceId: ROOT, parentId });
});

test.each([
  ['no header', undefined],
  ['a trace that is not sampled', `Root=${ROOT};Parent=${PARENT};Sampled=0`],
  ['a trace that nobody has decided on', `Root=${ROOT};Parent=${PARENT}`],
  ['a trace of another form', `Root=${ROOT.toUpperCase()};Sampled=1`],
  ['a segment of another form', `Root=${ROOT};Parent=${PARENT}0;Sampled=1`],
  ['no trace', `Parent=${PARENT};Sampled=1`],
])('%s is not recorded', (_, text) => {
  expect(parseTraceHeader(text)).toBeUndefined();
});

test.each([
  ['127.0.0.1:2000', { address: '127.0.0.1', port: 2000 }],
  ['tcp:127.0.0.1:2001 udp:127.0.0.2:2000', { address: '127.0.0.2', port: 2000 }],
  ['127.0.0.1', undefined],
  ['', undefined],
])('the address of a daemon in "%s" is %j', (text, address) => {
  expect(parseDaemonAddress(text)).toEqual(address);
});

function typeofTrace(text: string): string | undefined {
  const trace = parseTraceHeader(text);
  return trace && typeof trace;
}
