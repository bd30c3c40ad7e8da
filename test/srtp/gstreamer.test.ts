import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { MKI_FORMS, mkiOf } from '../../lib/srtp/mki.ts';
import { encodeSrtp } from '../../lib/srtp/packet.ts';
import { rtpHeaderOf } from '../../lib/srtp/rtp.ts';
import { type SrtpMasterKey, sessionKeysOf } from '../../lib/srtp/session-keys.ts';
import { openReceiver, openSender } from '../../lib/traffic/group-socket.ts';
import { freePort } from '../../local/free-port.ts';
import { PICTURE_SSRC, packetsOfFrame } from '../../local/stream/test-picture.ts';
import { describeWith } from '../peers.ts';
import { GSTREAMER } from './gstreamer.ts';

const LOOPBACK = '127.0.0.1';
const open: { close: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');

/** GStreamer's caps of a stream that is protected with this key; without a salt it is of zeros. */
function capsOf({ mtk, salt }: SrtpMasterKey, mki: Uint8Array, roc: number): string {
  const key = `${hex(mtk.exposeOctets())}${hex(salt?.exposeOctets() ?? new Uint8Array(14))}`;
  const suite = (protocol: string) =>
    `${protocol}-cipher=(string)aes-128-icm, ${protocol}-auth=(string)hmac-sha1-80`;
  return (
    `application/x-srtp, media=(string)video, payload=(int)96, clock-rate=(int)90000, ` +
    `encoding-name=(string)X-TEST, ssrc=(uint)${PICTURE_SSRC}, roc=(uint)${roc}, ` +
    `srtp-key=(buffer)${key}, mki=(buffer)${hex(mki)}, ${suite('srtp')}, ${suite('srtcp')}`
  );
}

/** Runs `srtpdec` between two ports. */
async function startDecoder(caps: string, onRtp: (rtp: Uint8Array) => void) {
  const from = { address: LOOPBACK, port: await freePort(LOOPBACK) };
  const receiver = await openReceiver({ address: LOOPBACK, port: 0 }, onRtp);
  const source = ['udpsrc', `address=${LOOPBACK}`, `port=${from.port}`, `caps=${caps}`];
  const sink = ['udpsink', `host=${LOOPBACK}`, `port=${receiver.address.port}`, 'sync=false', 'async=false'];
  const child = spawn('gst-launch-1.0', ['-q', ...source, '!', 'srtpdec', '!', ...sink], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const sender = await openSender(from);
  open.push(receiver, sender, { close });
  return { send: (packet: Uint8Array) => sender.send(packet, from), said: () => said };
}

describeWith(GSTREAMER, 'GStreamer’s srtpdec', () => {
  test.each([
    ['msk-id+mtk-id', true, 0],
    ['msk-id+mtk-id', false, 0],
    ['key-number+mtk-id', true, 0],
    ['msk-id+mtk-id', true, 3],
  ] as const)(
    'opens our SRTP with an MKI of %s, with a salt %s, joining at rollover counter %i',
    async (form, hasSalt, roc) => {
      expect(MKI_FORMS).toContain(form);
      const key = {
        mtk: new SecretKey(randomBytes(16)),
        salt: hasSalt ? new SecretKey(randomBytes(14)) : undefined,
      };
      const mki = mkiOf(form, { mskId: { keyGroup: 5, keyNumber: 1 }, mtkId: 7 });
      const played = new Set<string>();
      const decoder = await startDecoder(capsOf(key, mki, roc), (rtp) => played.add(hex(rtp)));
      const keys = sessionKeysOf(key);
      const sent: Uint8Array[] = [];
      let frame = 0;
      // It is there when it plays: what came before is lost.
      await vi.waitFor(
        () => {
          for (const rtp of packetsOfFrame(frame++).slice(0, 3)) {
            sent.push(rtp);
            decoder.send(encodeSrtp(keys, rtp, rtpHeaderOf(rtp), roc, mki));
          }
          expect(played.size, decoder.said()).toBeGreaterThan(20);
        },
        { timeout: 20_000, interval: 40 },
      );
      const all = new Set(sent.map(hex));
      expect([...played].every((rtp) => all.has(rtp))).toBe(true);
    },
    30_000,
  );

  test('opens nothing with another MTK', async () => {
    const [key, other] = [0, 1].map(() => ({ mtk: new SecretKey(randomBytes(16)), salt: undefined }));
    if (key === undefined || other === undefined) throw new Error('two keys');
    const mki = mkiOf('msk-id+mtk-id', { mskId: { keyGroup: 5, keyNumber: 1 }, mtkId: 7 });
    const played: Uint8Array[] = [];
    const decoder = await startDecoder(capsOf(key, mki, 0), (rtp) => played.push(rtp));
    const send = (frame: number, under: SrtpMasterKey) => {
      for (const rtp of packetsOfFrame(frame).slice(0, 3))
        decoder.send(encodeSrtp(sessionKeysOf(under), rtp, rtpHeaderOf(rtp), 0, mki));
    };
    let frame = 0;
    await vi.waitFor(
      () => {
        send(frame++, key);
        expect(played.length).toBeGreaterThan(0);
      },
      { timeout: 20_000, interval: 40 },
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = played.length;
    for (let more = 0; more < 10; more++) send(frame++, other);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(played.length).toBe(before);
  }, 30_000);
});
