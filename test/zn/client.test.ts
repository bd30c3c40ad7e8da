import { afterEach, describe, expect, test } from 'vitest';
import { type BootstrappingInfoAnswer, COMMAND, RESULT_CODE } from '../../lib/diameter/index.ts';
import type { ZnClient } from '../../lib/zn/client.ts';
import { BSF_ORIGIN, INFO, REQUEST } from '../diameter/messages.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import { found, keyOf, openClient, startBsf, until, wanted } from './zn.ts';

const open: { close: () => unknown }[] = [];
const opened = <Closable extends { close: () => unknown }>(closable: Closable): Closable => {
  open.push(closable);
  return closable;
};
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const bsf = async (...args: Parameters<typeof startBsf>) => opened(await startBsf(...args));
const client = async (...args: Parameters<typeof openClient>) => opened(await openClient(...args));
const znError = (code: string) => expect.objectContaining({ name: 'ZnError', code });

async function keyFor(zn: ZnClient, bTid: string) {
  const answer = await zn.lookUp(wanted(bTid));
  if (answer.kind !== 'found') throw new Error('not found');
  return answer.info.meKeyMaterial;
}

describe('a look-up', () => {
  test('brings the keys of GBA_U, over a request that the BSF can read', async () => {
    const requests: unknown[] = [];
    const server = await bsf(async (request) => {
      requests.push(request);
      return { kind: 'found', info: INFO };
    });
    const zn = await client([server.port], { destinationHost: BSF_ORIGIN.host });
    const answer = await zn.lookUp(wanted());
    if (answer.kind !== 'found') return expect.fail('not found');
    expect(answer.info.meKeyMaterial.equals(INFO.meKeyMaterial)).toBe(true);
    expect(answer.info.uiccKeyMaterial?.equals(INFO.meKeyMaterial)).toBe(false);
    expect(requests).toEqual([
      { ...REQUEST, sessionId: expect.stringMatching(/^bmsc\.home1\.net;\d+;\d+$/) },
    ]);
  });

  test.each([5402, 5403])('that the BSF refuses with %d is refused', async (code) => {
    const refused: BootstrappingInfoAnswer = {
      kind: 'refused',
      result: { kind: 'experimental', vendor: 10_415, code },
    };
    const server = await bsf(async () => refused);
    const zn = await client([server.port]);
    expect(await zn.lookUp(wanted())).toEqual(refused);
  });

  test('of 500 at the same time brings each its own key, whatever the order of the answers', async () => {
    const server = await bsf(async ({ bTid }) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 50));
      return found(bTid);
    });
    const zn = await client([server.port]);
    const bTids = Array.from({ length: 500 }, (_, index) => `b${index}@bsf.home1.net`);
    const keys = await Promise.all(bTids.map((bTid) => keyFor(zn, bTid)));
    expect(keys.filter((key, index) => !key.equals(keyOf(bTids[index] ?? '')))).toEqual([]);
  });

  test('ends with a typed error when no peer is connected', async () => {
    const server = await bsf();
    const zn = await client([server.port]);
    await server.kill();
    await until(() => !zn.isOpen);
    await expect(zn.lookUp(wanted())).rejects.toEqual(znError('no-peer'));
  });

  test('ends in time when the BSF does not answer, and a late answer is nobody’s', async () => {
    let isSlow = true;
    const server = await bsf(async ({ bTid }) => {
      if (isSlow) await new Promise((resolve) => setTimeout(resolve, 150));
      return found(bTid);
    });
    const zn = await client([server.port], { timeoutMs: 100 });
    await expect(zn.lookUp(wanted('slow@b'))).rejects.toEqual(znError('timeout'));
    isSlow = false;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await keyFor(zn, 'quick@b')).equals(keyOf('quick@b'))).toBe(true);
  });

  test('over the bound of those that wait is refused, and nothing of it is sent', async () => {
    const peer = opened(await ScriptedPeer.listen());
    const zn = await client([peer.port], { timeoutMs: 200 }, { maxPending: 2 });
    const waiting = [zn.lookUp(wanted('a@b')), zn.lookUp(wanted('b@b'))];
    await expect(zn.lookUp(wanted('c@b'))).rejects.toEqual(znError('busy'));
    for (const each of waiting) await expect(each).rejects.toEqual(znError('timeout'));
    expect(peer.of(COMMAND.BOOTSTRAPPING_INFO)).toHaveLength(2);
  });

  test('that waits when the client closes ends as closed, and the BSF hears a disconnection', async () => {
    const peer = await ScriptedPeer.listen();
    const zn = await openClient([peer.port]);
    const waiting = expect(zn.lookUp(wanted())).rejects.toEqual(znError('closed'));
    await Promise.all([zn.close(), waiting]);
    expect(peer.of(COMMAND.DISCONNECT_PEER)).toHaveLength(1);
    await expect(zn.lookUp(wanted())).rejects.toEqual(znError('closed'));
    peer.close();
  });
});

describe('with two peers', () => {
  const isFirst = (request: { sessionId: string }, seen: Set<string>) =>
    seen.size < seen.add(request.sessionId).size;

  test('the first one is asked', async () => {
    const counts = [0, 0];
    const servers = await Promise.all(
      counts.map((_, index) =>
        bsf(async ({ bTid }) => {
          counts[index] = (counts[index] ?? 0) + 1;
          return found(bTid);
        }),
      ),
    );
    const zn = await client(servers.map(({ port }) => port));
    for (let turn = 0; turn < 5; turn++) await zn.lookUp(wanted());
    expect(counts).toEqual([5, 0]);
  });

  test('what the first one leaves unanswered goes to the second one: T flag, same identifiers', async () => {
    const first = opened(await ScriptedPeer.listen((_message, socket) => socket.destroy()));
    const second = opened(await ScriptedPeer.listen());
    const zn = await client([first.port, second.port], { timeoutMs: 400 });
    await expect(zn.lookUp(wanted())).rejects.toEqual(znError('timeout'));
    const [before] = first.of(COMMAND.BOOTSTRAPPING_INFO);
    const [after] = second.of(COMMAND.BOOTSTRAPPING_INFO);
    expect(before?.header.isRetransmission).toBe(false);
    expect(after?.header).toMatchObject({ isRetransmission: true, endToEnd: before?.header.endToEnd });
    expect(after?.avps).toEqual(before?.avps);
  });

  test('one that takes too long is asked last from then on', async () => {
    const slow = opened(await ScriptedPeer.listen());
    const quick = await bsf();
    const zn = await client([slow.port, quick.port], { timeoutMs: 400 });
    expect((await keyFor(zn, 'a@b')).equals(keyOf('a@b'))).toBe(true);
    const before = Date.now();
    await keyFor(zn, 'b@b');
    expect(Date.now() - before).toBeLessThan(195);
    expect(slow.of(COMMAND.BOOTSTRAPPING_INFO)).toHaveLength(1);
  });

  test('one that can’t deliver lets the other one answer, without the T flag', async () => {
    const busy = await bsf(async () => ({
      kind: 'refused',
      result: { kind: 'base', code: RESULT_CODE.TOO_BUSY },
    }));
    const flags: boolean[] = [];
    const seen = new Set<string>();
    const other = await bsf(async (request, isRetransmission) => {
      flags.push(isRetransmission, isFirst(request, seen));
      return found(request.bTid);
    });
    const zn = await client([busy.port, other.port]);
    await keyFor(zn, 'a@b');
    expect(flags).toEqual([false, true]);
    await other.close();
    await until(() => zn.openPeers === 1);
    await expect(zn.lookUp(wanted())).rejects.toEqual(znError('undeliverable'));
  });
});
