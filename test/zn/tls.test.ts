import { afterEach, expect, test } from 'vitest';
import type { PeerEvent } from '../../lib/zn/peer.ts';
import { DiameterServer } from '../../lib/zn/server.ts';
import { BSF_ORIGIN } from '../diameter/messages.ts';
import { describeWith } from '../peers.ts';
import { certificate, OPENSSL } from './certificate.ts';
import { found, keyOf, startClient, until, wanted } from './zn.ts';

const open: { close: () => unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

describeWith(OPENSSL, 'Zn over TLS', () => {
  const { key, cert } = certificate();

  async function startTlsBsf(): Promise<number> {
    const tls = { key, cert, ca: cert, requestCert: true, rejectUnauthorized: true };
    const settings = { origin: BSF_ORIGIN, productName: 'bsf', port: 0, tls };
    const server = await DiameterServer.listen(settings, async ({ bTid }) => found(bTid));
    open.push(server);
    return server.port;
  }

  test('brings keys, with certificates on both sides', async () => {
    const zn = startClient(
      [await startTlsBsf()],
      {},
      { tls: { key, cert, ca: cert, servername: 'localhost' } },
    );
    open.push(zn);
    await until(() => zn.isOpen);
    const answer = await zn.lookUp(wanted());
    if (answer.kind !== 'found') return expect.fail('not found');
    expect(answer.info.meKeyMaterial.equals(keyOf(wanted().bTid))).toBe(true);
  });

  test.each([
    ['without our certificate', { ca: cert, servername: 'localhost' }],
    ['when we don’t trust that of the BSF', { key, cert, servername: 'localhost' }],
    ['when that of the BSF has another name', { key, cert, ca: cert, servername: 'bsf.home1.net' }],
  ])('does not open %s', async (_, tls) => {
    const events: PeerEvent[] = [];
    const zn = startClient([await startTlsBsf()], {}, { tls }, events);
    open.push(zn);
    await until(() => events.some(({ kind }) => kind === 'down'));
    expect(events.map(({ kind }) => kind)).not.toContain('open');
  });
});
