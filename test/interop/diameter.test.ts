import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BootstrappingInfo, BootstrappingInfoAnswer } from '../../lib/diameter/index.ts';
import { ZnClient, type ZnClientSettings } from '../../lib/zn/client.ts';
import type { PeerEvent } from '../../lib/zn/peer.ts';
import { NAF_ORIGIN } from '../diameter/messages.ts';
import { describeWith } from '../peers.ts';
import { keyOf, until, wanted } from '../zn/zn.ts';
import {
  FREE_DIAMETER,
  PYTHON_DIAMETER,
  type RunningAgent,
  type RunningPeer,
  startFreeDiameter,
  startPythonBsf,
} from './diameter-peers.ts';

const refusal = (code: number): BootstrappingInfoAnswer => ({
  kind: 'refused',
  result: { kind: 'experimental', vendor: 10_415, code },
});

/** A client of a peer, once it is open. */
async function open(peer: ZnClientSettings['peers'][number], events: PeerEvent[] = []): Promise<ZnClient> {
  const settings = { origin: NAF_ORIGIN, destinationRealm: NAF_ORIGIN.realm, peers: [peer] };
  const zn = new ZnClient(settings, (event) => events.push(event));
  await until(() => zn.isOpen);
  return zn;
}

async function infoFor(zn: ZnClient, bTid: string): Promise<BootstrappingInfo> {
  const answer = await zn.lookUp(wanted(bTid));
  return answer.kind === 'found' ? answer.info : expect.fail('not found');
}

/** What python_bsf.py answers, whatever lies between. */
function asksABsf(client: () => ZnClient): void {
  test('brings the key of GBA_ME, with a lifetime beyond the wrap of 2036', async () => {
    const { meKeyMaterial, ...others } = await infoFor(client(), 'me@bsf.home1.net');
    expect(meKeyMaterial.equals(keyOf('me@bsf.home1.net'))).toBe(true);
    expect(others).toEqual({
      impi: 'a@home1.net',
      uiccKeyMaterial: undefined,
      expiresAt: Date.parse('2036-02-08T06:28:16Z'),
      bootstrappedAt: Date.parse('2026-01-01T00:00:00Z'),
      gbaType: '3G_GBA',
      userSecuritySettings: [{ gsId: 4, gsType: 4, ueIds: ['sip:a@home1.net'] }],
    });
  });

  test('brings the keys of GBA_U', async () => {
    const { meKeyMaterial, uiccKeyMaterial } = await infoFor(client(), 'uicc@bsf.home1.net');
    const uicc = createHash('sha256').update('uicc:uicc@bsf.home1.net').digest();
    expect(meKeyMaterial.equals(keyOf('uicc@bsf.home1.net'))).toBe(true);
    expect(Buffer.from(uiccKeyMaterial?.exposeOctets() ?? [])).toEqual(uicc);
  });

  test.each([
    ['unknown', 5403],
    ['not-authorized', 5402],
  ])('is refused for a B-TID that is %s by %i', async (kind, code) => {
    expect(await client().lookUp(wanted(`${kind}@bsf.home1.net`))).toEqual(refusal(code));
  });

  test('gives 200 look-ups at the same time each its own key', async () => {
    const bTids = Array.from({ length: 200 }, (_, index) => `me.${index}@bsf.home1.net`);
    const infos = await Promise.all(bTids.map((bTid) => infoFor(client(), bTid)));
    const wrong = infos.filter(
      ({ meKeyMaterial }, index) => !meKeyMaterial.equals(keyOf(bTids[index] ?? '')),
    );
    expect(wrong).toEqual([]);
  });
}

describeWith(PYTHON_DIAMETER, 'a look-up at a BSF of python-diameter', () => {
  let bsf: RunningPeer;
  let zn: ZnClient;
  const events: PeerEvent[] = [];
  beforeAll(async () => {
    bsf = await startPythonBsf(NAF_ORIGIN.host);
    zn = await open({ host: '127.0.0.1', port: bsf.port, expectedHost: 'bsf.home1.net' }, events);
  });
  afterAll(async () => {
    await zn?.close();
    await bsf?.close();
  });

  asksABsf(() => zn);

  test('goes on after its watchdog, which asks every two seconds', async () => {
    await new Promise((resolve) => setTimeout(resolve, 8000));
    await infoFor(zn, 'me@bsf.home1.net');
    expect(events.map(({ kind }) => kind)).toEqual(['open']);
  });
});

describeWith(PYTHON_DIAMETER, 'a peer of python-diameter that does not know us', () => {
  test('refuses us, and we say so', async () => {
    const bsf = await startPythonBsf('another.home1.net');
    const events: PeerEvent[] = [];
    const settings = { origin: NAF_ORIGIN, destinationRealm: NAF_ORIGIN.realm };
    const peers = [{ host: '127.0.0.1', port: bsf.port }];
    const zn = new ZnClient({ ...settings, peers }, (event) => events.push(event));
    await until(() => events.length > 0);
    expect(events[0]).toMatchObject({ kind: 'down', reason: expect.stringContaining('3010') });
    await zn.close();
    await bsf.close();
  });
});

describeWith(FREE_DIAMETER, 'a look-up by way of freeDiameter', () => {
  let bsf: RunningPeer;
  let agent: RunningAgent;
  let zn: ZnClient;
  const events: PeerEvent[] = [];
  beforeAll(async () => {
    bsf = await startPythonBsf('dra.home1.net');
    agent = await startFreeDiameter(bsf.port);
    await until(() => /STATE_OPEN'\s+'bsf\.home1\.net/.test(agent.log()));
    const peer = { host: '127.0.0.1', port: agent.port, expectedHost: 'dra.home1.net', watchdogMs: 300 };
    zn = await open(peer, events);
  });
  afterAll(async () => {
    await zn?.close();
    await agent?.close();
    await bsf?.close();
  });

  asksABsf(() => zn);

  test('goes on while freeDiameter answers our watchdog', async () => {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await infoFor(zn, 'me@bsf.home1.net');
    expect(events.map(({ kind }) => kind)).toEqual(['open']);
  });

  test('ends with a disconnection, and runs over TLS with certificates on both sides', async () => {
    const { key, cert } = agent.tls;
    const tls = { key, cert, ca: cert, servername: 'dra.home1.net' };
    await zn.close();
    await until(() => agent.log().includes("Peer 'bmsc.home1.net' sent a DPR with cause: REBOOTING"));
    zn = await open({ host: '127.0.0.1', port: agent.tlsPort, tls }, events);
    const { meKeyMaterial } = await infoFor(zn, 'me@bsf.home1.net');
    expect(meKeyMaterial.equals(keyOf('me@bsf.home1.net'))).toBe(true);
  });

  test('goes on while we answer the watchdog of freeDiameter, of six seconds', async () => {
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    await infoFor(zn, 'me@bsf.home1.net');
    expect(events.map(({ kind }) => kind)).toEqual(['open', 'open']);
  });
});
