import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeGroup, encodeAvps } from '../../lib/diameter/avp/avp.ts';
import {
  type Avp,
  avp,
  DiameterError,
  type DiameterMessage,
  decodeMessage,
  encodeMessage,
  errorMessageIn,
  MessageSplitter,
  readBootstrappingInfoAnswer,
  readBootstrappingInfoRequest,
  readCapabilities,
  readCapabilitiesAnswer,
  readDisconnect,
  readDisconnectAnswer,
  readWatchdog,
  readWatchdogAnswer,
  valueIn,
} from '../../lib/diameter/index.ts';
import { Writer } from '../../lib/diameter/writer.ts';
import { MESSAGES, REQUEST } from './messages.ts';

const octets = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const refusal = (code: string) => expect.objectContaining({ name: 'DiameterError', code });

describe('properties', () => {
  const anyAvp: fc.Arbitrary<Avp> = fc.record({
    code: fc.nat({ max: 0xffff_ffff }),
    vendor: fc.oneof(fc.constant(0), fc.nat({ max: 0xffff_ffff })),
    isMandatory: fc.boolean(),
    data: fc.uint8Array({ maxLength: 50 }),
  });
  const anyMessage: fc.Arbitrary<DiameterMessage> = fc.record({
    header: fc.record({
      isRequest: fc.boolean(),
      isProxiable: fc.boolean(),
      isError: fc.boolean(),
      isRetransmission: fc.boolean(),
      command: fc.nat({ max: 0xff_ffff }),
      application: fc.nat({ max: 0xffff_ffff }),
      hopByHop: fc.nat({ max: 0xffff_ffff }),
      endToEnd: fc.nat({ max: 0xffff_ffff }),
    }),
    avps: fc.array(anyAvp, { maxLength: 8 }),
  });

  test('any message is read as it was written', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      }),
    );
  });

  test('any group is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(anyAvp, { maxLength: 5 }), (avps) => {
        const writer = new Writer();
        encodeAvps(writer, avps);
        expect(decodeGroup(writer.toOctets())).toEqual(avps);
      }),
    );
  });

  test('any address and any time are read as they were written', () => {
    const address = fc.oneof(fc.ipV4(), fc.constantFrom('2001:db8::1', '::', 'fe80::1:0:0:1'));
    const seconds = fc.integer({ min: Date.UTC(1970) / 1000, max: Date.UTC(2104) / 1000 });
    fc.assert(
      fc.property(address, seconds, (ip, second) => {
        expect(valueIn([avp('Host-IP-Address', ip)], 'Host-IP-Address')).toBe(ip);
        expect(valueIn([avp('Key-ExpiryTime', second * 1000)], 'Key-ExpiryTime')).toBe(second * 1000);
      }),
    );
  });

  test('no octets make a decoder throw anything but its own error', () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(...Object.values(MESSAGES).map((message) => encodeMessage(message))),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 }),
      )
      .map(([message, changes]) => {
        const changed = Uint8Array.from(message);
        for (const [at, value] of changes) changed[20 + (at % (changed.length - 20))] = value;
        return changed;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 60 })), (input) => {
        for (const reader of READERS) {
          try {
            reader(decodeMessage(input));
          } catch (error) {
            expect(error).toBeInstanceOf(DiameterError);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a splitter gives the same messages however the octets arrive', () => {
    const messages = Object.values(MESSAGES).map((message) => encodeMessage(message));
    const stream = Buffer.concat(messages);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (sizes) => {
        const splitter = new MessageSplitter();
        const found: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          found.push(...splitter.push(stream.subarray(at, at + size)));
          at += size;
        }
        expect(found).toEqual(messages);
      }),
    );
  });
});

describe('a splitter', () => {
  test.each([
    ['02000014', 'unknown-version'],
    ['01000010', 'bad-message-length'],
    ['01000015', 'bad-message-length'],
    ['01000000', 'bad-message-length'],
    ['01010004', 'too-long'],
    ['01fffffc', 'too-long'],
  ])('refuses %s before it holds any more', (prefix, code) => {
    expect(() => [...new MessageSplitter().push(octets(prefix))]).toThrow(refusal(code));
  });
});

const READERS: readonly ((message: DiameterMessage) => unknown)[] = [
  readCapabilities,
  readCapabilitiesAnswer,
  readWatchdog,
  readWatchdogAnswer,
  readDisconnect,
  readDisconnectAnswer,
  readBootstrappingInfoRequest,
  (message) => readBootstrappingInfoAnswer(message, REQUEST.sessionId),
  ({ avps }) => errorMessageIn(avps),
];
