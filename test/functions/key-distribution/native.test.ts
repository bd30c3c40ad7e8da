import { createSecretKey, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  bindWorkerSockets,
  chooseBuilder,
  type NativeSetting,
  openTransport,
} from '../../../functions/key-distribution/native.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import type { MskPush, MskRecipient } from '../../../lib/mikey/index.ts';
import { sealKey } from '../../../lib/store/encryption/sealed-octets.ts';
import { ADDRESSING, DOMAIN, MSK, MSK_ID, VALIDITY } from '../../mikey/messages.ts';

const UES = 700;
const LOOPBACK = { address: '127.0.0.1', port: 0 };
const DATA_KEY = { id: 7, key: createSecretKey(randomBytes(32)), madeFor: 'table' };
const PK_START = 'B-TID#';
const ATTRIBUTE = { sk: 'ASSOCIATION', path: 'muk' };

/** The MUK of each UE as the table has it, and what its message is made from. */
const UE_ITEMS = Array.from({ length: UES }, (_, index) => {
  const ueId = `${'x'.repeat(index % 40)}${index}@bsf.home1.net`;
  const muk = new SecretKey(randomBytes(32));
  return {
    ueId,
    sealedMuk: sealKey(DATA_KEY, muk, { ...ATTRIBUTE, pk: PK_START + ueId }),
    addressing: { rand: randomBytes(16), csbId: index, counter: 1000 + index },
  };
});
const PUSH: MskPush = {
  bmscId: ADDRESSING.bmscId,
  keyDomainId: DOMAIN,
  mskId: MSK_ID,
  msk: MSK,
  validity: VALIDITY,
  verificationRequested: true,
};

/**
 * The datagrams of a whole push as UEs receive them: MUKs opened, messages built and sent, all by one
 * setting.
 */
async function datagramsWith(native: NativeSetting): Promise<{ datagrams: string[]; kinds: string[] }> {
  const builder = await chooseBuilder(native);
  const muks = builder.openSealedKeys(
    DATA_KEY,
    UE_ITEMS.map(({ sealedMuk }) => sealedMuk),
    UE_ITEMS.map(({ ueId }) => ueId),
    { ...ATTRIBUTE, pkStart: PK_START },
  );
  const recipients = UE_ITEMS.map(({ ueId, addressing }, index): MskRecipient => {
    const muk = muks[index];
    if (muk === undefined) throw new Error(`the MUK of ${ueId} was not opened`);
    return { ...addressing, ueId, muk };
  });
  const datagrams: string[] = [];
  const ue = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 }, (octets) => {
    datagrams.push(octets.toString('hex'));
  }).bind(0, '127.0.0.1');
  await once(ue, 'listening');
  const { transport, kind } = await openTransport(native, [LOOPBACK]);
  try {
    const to = { address: '127.0.0.1', port: ue.address().port };
    for (let start = 0; start < UES; start += 100) {
      const some = recipients.slice(start, start + 100);
      await transport.sendBatch(
        builder.build(PUSH, some),
        some.map(() => to),
      );
      await expect.poll(() => datagrams.length).toBe(start + some.length);
    }
  } finally {
    await transport.close();
    ue.close();
  }
  return { datagrams, kinds: [builder.kind, kind] };
}

describe('with native off', () => {
  test('the sender sends the same datagrams, octet for octet, by other means', async () => {
    const on = await datagramsWith('auto');
    const off = await datagramsWith('off');
    expect(off.datagrams).toEqual(on.datagrams);
    expect(off.kinds).toEqual(['node-crypto', 'dgram']);
    expect(on.kinds[0]).toBe('wasm-simd');
    if (process.platform === 'linux') expect(on.kinds[1]).toBe('sendmmsg');
  }, 20_000);

  test('logs can say that it is switched off', async () => {
    const { transport, reason } = await openTransport('off', [LOOPBACK]);
    await transport.close();
    expect(reason).toBe('switched off');
    expect((await chooseBuilder('off')).reason).toBe('switched off');
    expect(await bindWorkerSockets('off', [], 2)).toEqual({
      descriptors: undefined,
      notSteered: 'switched off',
    });
  });
});

describe('with native on a machine where lib/native is not', () => {
  afterEach(() => {
    vi.doUnmock('../../../lib/native/index.ts');
    vi.resetModules();
  });

  test('the reference does the work, and says why', async () => {
    vi.doMock('../../../lib/native/index.ts', () => {
      throw new Error('not found');
    });
    expect(await chooseBuilder('auto')).toMatchObject({
      kind: 'node-crypto',
      reason: expect.stringMatching(/./),
    });
    const { transport, kind, reason } = await openTransport('auto', [LOOPBACK]);
    await transport.close();
    expect({ kind, reason }).toEqual({ kind: 'dgram', reason: expect.stringMatching(/./) });
    expect((await bindWorkerSockets('auto', [], 2)).notSteered).toMatch(/./);
  });
});
