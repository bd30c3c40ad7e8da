import { afterEach, describe, expect, test } from 'vitest';
import {
  avp,
  COMMAND,
  capabilitiesAnswer,
  capabilitiesRequest,
  DISCONNECT_CAUSE,
  type DiameterMessage,
  disconnectRequest,
  encodeMessage,
  errorAnswer,
  type Header,
  readCapabilities,
  requiredIn,
  SUCCESS,
  watchdogAnswer,
  watchdogRequest,
} from '../../lib/diameter/index.ts';
import { DiameterPeer, type PeerEvent, type PeerSettings } from '../../lib/zn/peer.ts';
import { BIR, BSF_ORIGIN, IDS, NAF_ORIGIN, OWN } from '../diameter/messages.ts';
import { OWN_OF_BSF, type Script, ScriptedPeer } from './scripted-peer.ts';
import { until } from './zn.ts';

const open: { close: () => unknown }[] = [];
const opened = <Closable extends { close: () => unknown }>(closable: Closable): Closable => {
  open.push(closable);
  return closable;
};
afterEach(async () => {
  // The scripted peers end first: they don't answer a disconnection.
  for (const each of open.splice(0)) await each.close();
});

const FAST = { watchdogMs: 150, reconnectMs: { first: 20, max: 100 }, connectTimeoutMs: 200 };

function start(port: number, settings: Partial<PeerSettings> = {}) {
  const events: PeerEvent[] = [];
  const peer = new DiameterPeer(
    {
      host: '127.0.0.1',
      port,
      origin: NAF_ORIGIN,
      productName: 'bmsc',
      reconnectMs: FAST.reconnectMs,
      ...settings,
    },
    (event) => events.push(event),
  );
  opened(peer);
  return { peer, events, kinds: () => events.map(({ kind }) => kind) };
}

const scripted = async (...args: Parameters<typeof ScriptedPeer.listen>) =>
  opened(await ScriptedPeer.listen(...args));

/** Answers the watchdog as a peer does that is well. */
const answersWatchdog: Script = (message, socket) => {
  if (message.header.command === COMMAND.DEVICE_WATCHDOG && message.header.isRequest)
    socket.write(encodeMessage(watchdogAnswer(message, { origin: BSF_ORIGIN })));
};

describe('a connection', () => {
  // @clause RFC 6733 §5.3 s1
  test('starts with our capabilities', async () => {
    const bsf = await scripted();
    const { peer } = start(bsf.port);
    await until(() => peer.isOpen);
    const [cer] = bsf.of(COMMAND.CAPABILITIES_EXCHANGE);
    expect(cer && readCapabilities(cer)).toEqual({
      origin: NAF_ORIGIN,
      hostIpAddresses: ['127.0.0.1'],
      vendorId: 10_415,
      productName: 'bmsc',
      originStateId: expect.any(Number),
      authApplications: [16_777_220],
    });
  });

  test.each([
    [
      'refuses',
      (cer: DiameterMessage) => capabilitiesAnswer(cer, { kind: 'base', code: 5010 }, OWN_OF_BSF),
      'refused by the peer: 5010',
    ],
    [
      'does not know us',
      (cer: DiameterMessage) => errorAnswer(cer, BSF_ORIGIN, { resultCode: 3010, message: 'who\u0007?' }),
      'refused by the peer: 3010 who?',
    ],
    [
      'does not serve Zn',
      (cer: DiameterMessage) => {
        const { header, avps } = capabilitiesAnswer(cer, SUCCESS, OWN_OF_BSF);
        return { header, avps: avps.filter(({ code }) => code !== 258 && code !== 260) };
      },
      'no-common-application',
    ],
    [
      'is another one',
      (cer: DiameterMessage) => capabilitiesAnswer(cer, SUCCESS, { ...OWN_OF_BSF, origin: NAF_ORIGIN }),
      'wrong-origin-host',
    ],
    [
      'leaves out its name',
      (cer: DiameterMessage) => {
        const { header, avps } = capabilitiesAnswer(cer, SUCCESS, OWN_OF_BSF);
        return { header, avps: avps.filter(({ code }) => code !== 264) };
      },
      'bad-cea: missing avp: Origin-Host',
    ],
  ])('is given up and tried again when the peer %s', async (_, answer, reason) => {
    const bsf = await scripted((message, socket) => socket.write(encodeMessage(answer(message))), false);
    const { peer, events } = start(bsf.port, { expectedHost: BSF_ORIGIN.host });
    await until(() => events.length >= 2);
    expect(events[0]).toMatchObject({ kind: 'down', reason });
    expect(peer.isOpen).toBe(false);
    expect(bsf.sockets.length).toBeGreaterThan(1);
  });

  test('is given up when the peer does not answer in time', async () => {
    const bsf = await scripted(() => {}, false);
    const { events } = start(bsf.port, { connectTimeoutMs: 50 });
    await until(() => events.length > 0);
    expect(events[0]?.kind).toBe('down');
  });

  test('is tried again with longer and longer random waits', async () => {
    const bsf = await ScriptedPeer.listen();
    const { port } = bsf;
    bsf.close();
    const { events } = start(port, { reconnectMs: { first: 20, max: 80 } });
    const before = Date.now();
    await until(() => events.length === 5);
    // Waits of 20, 40, 80 and 80 ms, each at least half of that.
    expect(Date.now() - before).toBeGreaterThanOrEqual(110);
    expect(events.every(({ reason }) => reason === 'ECONNREFUSED')).toBe(true);
  });

  test('is read octet by octet, and with several messages in one read', async () => {
    const bsf = await scripted();
    const { peer, events } = start(bsf.port);
    await until(() => peer.isOpen);
    const dwr = encodeMessage(watchdogRequest(IDS, { origin: BSF_ORIGIN }));
    for (const octet of dwr) {
      bsf.send(Uint8Array.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    bsf.send(Buffer.concat([dwr, dwr, dwr]));
    await until(() => bsf.of(COMMAND.DEVICE_WATCHDOG).length === 4);
    expect(bsf.of(COMMAND.DEVICE_WATCHDOG).every(({ header }) => header.hopByHop === IDS.hopByHop)).toBe(
      true,
    );
    expect(events).toHaveLength(1);
  });

  test.each([
    ['a length over the bound', '01ffff00', 'bad message: too-long'],
    ['a length under that of a header', '01000010', 'bad message: bad-message-length'],
    ['another version', '02000014', 'bad message: unknown-version'],
    ['HTTP', Buffer.from('HTTP/1.1 400').toString('hex'), 'bad message: unknown-version'],
  ])('ends with %s', async (_, octets, reason) => {
    const bsf = await scripted();
    const { events, peer } = start(bsf.port);
    await until(() => peer.isOpen);
    bsf.send(Buffer.from(octets, 'hex'));
    await until(() => events.length > 1);
    expect(events[1]).toMatchObject({ kind: 'down', reason });
    await until(() => bsf.sockets.length === 2 && peer.isOpen);
  });

  test('ends when the peer asks without end', async () => {
    const bsf = await scripted();
    const { events, peer } = start(bsf.port);
    await until(() => peer.isOpen);
    const dwr = encodeMessage(watchdogRequest(IDS, { origin: BSF_ORIGIN }));
    const flood = setInterval(() => bsf.send(Buffer.concat(Array.from({ length: 20 }, () => dwr))), 2);
    await until(() => events.length > 1).finally(() => clearInterval(flood));
    expect(events[1]).toMatchObject({ kind: 'down', reason: 'too-many-requests' });
  });
});

describe('an answer', () => {
  async function ask(answer: (request: DiameterMessage) => DiameterMessage | Uint8Array) {
    const bsf = await scripted((message, socket) => {
      const made = answer(message);
      socket.write(made instanceof Uint8Array ? made : encodeMessage(made));
    });
    const { peer } = start(bsf.port);
    await until(() => peer.isOpen);
    return peer.request({ ...BIR.header, endToEnd: 5 }, BIR.avps, 100);
  }
  const answered = (request: DiameterMessage, change: Partial<Header> = {}): DiameterMessage => ({
    header: { ...request.header, isRequest: false, ...change },
    avps: [avp('Result-Code', 2001)],
  });

  test('is matched by the Hop-by-Hop Identifier', async () => {
    expect((await ask((request) => answered(request))).header.endToEnd).toBe(5);
  });

  test.each([
    ['another End-to-End Identifier', { endToEnd: 6 }],
    ['another command', { command: 280 }],
  ])('with %s is a bad one', async (_, change) => {
    await expect(ask((request) => answered(request, change))).rejects.toMatchObject({ code: 'bad-answer' });
  });

  test('to no request is ignored', async () => {
    const stray = ask((request) => answered(request, { hopByHop: (request.header.hopByHop ^ 1) >>> 0 }));
    await expect(stray).rejects.toMatchObject({ code: 'timeout' });
  });

  test('whose AVPs can’t be read is a bad one, and the error holds the cause', async () => {
    const broken = ask((request) => {
      const octets = Buffer.from(encodeMessage(answered(request)));
      octets[27] = 0xff;
      return octets;
    });
    await expect(broken).rejects.toMatchObject({
      code: 'bad-answer',
      cause: { name: 'DiameterError', code: 'truncated' },
    });
  });
});

describe('a request of the peer', () => {
  async function resultOf(request: DiameterMessage | Uint8Array) {
    const bsf = await scripted();
    const { peer } = start(bsf.port);
    await until(() => peer.isOpen);
    bsf.send(request);
    await until(() => bsf.received.length > 1);
    const [, answer] = bsf.received;
    return answer && { ...answer.header, result: requiredIn(answer.avps, 'Result-Code') };
  }
  const dwr = watchdogRequest(IDS, { origin: BSF_ORIGIN });
  const unnamed = { ...dwr, avps: dwr.avps.slice(1) };

  test.each([
    ['watchdog', dwr, 2001, false],
    ['new capabilities', capabilitiesRequest(IDS, OWN), 2001, false],
    ['an unknown command', { ...dwr, header: { ...dwr.header, command: 999 } }, 3001, true],
    ['a request for keys', BIR, 3001, true],
    ['another application', { ...dwr, header: { ...dwr.header, application: 1 } }, 3007, true],
    ['an error that is a request', { ...dwr, header: { ...dwr.header, isError: true } }, 3008, true],
    ['a watchdog without a name', unnamed, 5005, false],
    ['a watchdog with two names', { ...dwr, avps: [...dwr.avps, ...dwr.avps] }, 5009, false],
  ])('%s is answered by its Result-Code', async (_, request, result, isError) => {
    expect(await resultOf(request)).toMatchObject({ ...IDS, result, isError, isRequest: false });
  });

  test('with a wrong length of an AVP is answered with 5014', async () => {
    const octets = Buffer.from(encodeMessage(dwr));
    octets[27] = 7;
    expect(await resultOf(octets)).toMatchObject({ result: 5014 });
  });

  test('to disconnect ends the connection, and the next one comes late', async () => {
    const bsf = await scripted();
    const { peer, events } = start(bsf.port, { reconnectMs: { first: 1, max: 200 } });
    await until(() => peer.isOpen);
    bsf.send(disconnectRequest(IDS, { origin: BSF_ORIGIN, cause: DISCONNECT_CAUSE.BUSY }));
    await until(() => bsf.of(COMMAND.DISCONNECT_PEER).length === 1);
    expect(peer.state).toBe('leaving');
    await expect(peer.request(BIR.header, BIR.avps, 100)).rejects.toMatchObject({ code: 'no-peer' });
    bsf.sockets[0]?.destroy();
    const before = Date.now();
    await until(() => peer.isOpen);
    expect(Date.now() - before).toBeGreaterThan(95);
    expect(events[1]).toMatchObject({ kind: 'down', reason: 'disconnected-by-peer' });
  });

  test('to disconnect for a restart is followed by the next connection soon', async () => {
    const bsf = await scripted();
    const { peer } = start(bsf.port, { reconnectMs: { first: 1, max: 10_000 } });
    await until(() => peer.isOpen);
    bsf.send(disconnectRequest(IDS, { origin: BSF_ORIGIN, cause: DISCONNECT_CAUSE.REBOOTING }));
    await until(() => bsf.of(COMMAND.DISCONNECT_PEER).length === 1);
    bsf.sockets[0]?.destroy();
    await until(() => peer.isOpen);
  });
});

describe('the watchdog', () => {
  test('asks a silent peer, and leaves one in peace that answers', async () => {
    const bsf = await scripted(answersWatchdog);
    const { kinds } = start(bsf.port, FAST);
    await until(() => bsf.of(COMMAND.DEVICE_WATCHDOG).length > 3);
    expect(kinds()).toEqual(['open']);
  });

  test('suspects a peer after two intervals, gives its requests back, and closes after three', async () => {
    const bsf = await scripted();
    const before = Date.now();
    const { peer, kinds } = start(bsf.port, FAST);
    await until(() => peer.isOpen);
    const waiting = expect(peer.request(BIR.header, BIR.avps, 5000)).rejects.toMatchObject({
      code: 'peer-down',
    });
    await waiting;
    expect(Date.now() - before).toBeGreaterThan(270);
    expect(peer.state).toBe('suspect');
    await expect(peer.request(BIR.header, BIR.avps, 100)).rejects.toMatchObject({ code: 'no-peer' });
    await until(() => kinds().length >= 4);
    expect(kinds().slice(0, 4)).toEqual(['open', 'suspect', 'down', 'open']);
  });

  test('trusts a suspect peer again that answers', async () => {
    const bsf = await scripted();
    const { peer, kinds } = start(bsf.port, FAST);
    await until(() => peer.state === 'suspect');
    const [dwr] = bsf.of(COMMAND.DEVICE_WATCHDOG);
    if (dwr !== undefined) bsf.send(watchdogAnswer(dwr, { origin: BSF_ORIGIN }));
    await until(() => peer.state === 'okay');
    expect(kinds()).toEqual(['open', 'suspect', 'okay']);
  });

  test('prefers a peer that was down only after three answers', async () => {
    const bsf = await scripted(answersWatchdog);
    const { peer, kinds } = start(bsf.port, FAST);
    await until(() => peer.isOpen);
    bsf.sockets[0]?.destroy();
    await until(() => peer.state === 'reopen');
    const before = bsf.of(COMMAND.DEVICE_WATCHDOG).length;
    await until(() => peer.state === 'okay');
    expect(bsf.of(COMMAND.DEVICE_WATCHDOG).length - before).toBeGreaterThanOrEqual(2);
    expect(kinds()).toEqual(['open', 'down', 'open', 'okay']);
  });
});
