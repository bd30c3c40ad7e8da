import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { capabilitiesRequest, encodeMessage, requiredIn } from '../../lib/diameter/index.ts';
import { DiameterPeer, type PeerEvent } from '../../lib/zn/peer.ts';
import { BIR, IDS, NAF_ORIGIN, OWN } from '../diameter/messages.ts';
import { startBsf, until } from './zn.ts';

const open: { close: () => unknown }[] = [];
const opened = <Closable extends { close: () => unknown }>(closable: Closable): Closable => {
  open.push(closable);
  return closable;
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function start(port: number) {
  const events: PeerEvent[] = [];
  const settings = { host: '127.0.0.1', port, origin: NAF_ORIGIN, productName: 'bmsc' };
  return { peer: opened(new DiameterPeer(settings, (event) => events.push(event))), events };
}

describe('the server', () => {
  /** Octets that come back for those that are sent, until the connection ends or 100 ms are over. */
  async function exchange(sent: Uint8Array): Promise<{ octets: Buffer; isEnded: boolean }> {
    const server = opened(await startBsf());
    const socket = connect(server.port, '127.0.0.1');
    opened({ close: () => socket.destroy() });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    let isEnded = false;
    socket.on('close', () => {
      isEnded = true;
    });
    socket.write(sent);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { octets: Buffer.concat(chunks), isEnded };
  }
  const resultCode = (code: number) => `0000010c4000000c${code.toString(16).padStart(8, '0')}`;

  test('ends a connection that does not start with capabilities', async () => {
    expect(await exchange(encodeMessage(BIR))).toEqual({ octets: Buffer.alloc(0), isEnded: true });
  });

  test('refuses a peer without Zn, and ends its connection', async () => {
    const { header, avps } = capabilitiesRequest(IDS, OWN);
    const cer = { header, avps: avps.filter(({ code }) => code !== 258 && code !== 260) };
    const { octets, isEnded } = await exchange(encodeMessage(cer));
    expect(octets.toString('hex')).toContain(resultCode(5010));
    expect(isEnded).toBe(true);
  });

  test('answers a request for keys that lacks the B-TID with 5005, and goes on', async () => {
    const bir = { ...BIR, avps: BIR.avps.filter(({ code }) => code !== 401) };
    const cer = encodeMessage(capabilitiesRequest(IDS, OWN));
    const { octets, isEnded } = await exchange(Buffer.concat([cer, encodeMessage(bir)]));
    expect(octets.toString('hex')).toContain(resultCode(2001));
    expect(octets.toString('hex')).toContain(resultCode(5005));
    expect(isEnded).toBe(false);
  });

  test('answers with 5012 when it fails', async () => {
    const server = opened(
      await startBsf(async () => {
        throw new Error('secret');
      }),
    );
    const { peer } = start(server.port);
    await until(() => peer.isOpen);
    const answer = await peer.request(BIR.header, BIR.avps, 1000);
    expect(requiredIn(answer.avps, 'Result-Code')).toBe(5012);
    expect(Buffer.from(encodeMessage(answer)).toString('latin1')).not.toContain('secret');
  });

  test('disconnects from its peers when it closes', async () => {
    const server = await startBsf();
    const { peer, events } = start(server.port);
    await until(() => server.peers === 1 && peer.isOpen);
    await server.close();
    await until(() => events.length > 1);
    expect(events[1]).toMatchObject({ kind: 'down', reason: 'disconnected-by-peer' });
  });
});
