import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { randOfMsk } from '../../lib/keys/msk-rand.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { encodeMtkMessage } from '../../lib/mikey/message/mtk.ts';
import { mkiOf } from '../../lib/srtp/mki.ts';
import { SrtpReceiver } from '../../lib/srtp/receiver.ts';
import { SrtpSender } from '../../lib/srtp/sender.ts';
import { LIBSRTP, LibsrtpSession } from '../srtp/libsrtp.ts';

// `npm run bench:traffic`: CPU of SRTP packets and of MTK messages, as ratios. Each is run in turns, and the
// least of its rounds counts: what else the machine does only adds.

const [ROUNDS, PACKETS, PAYLOAD] = [9, 6000, 1188];
const MSK_ID = mskId(1, 1);
const key = {
  mtk: new SecretKey(randomBytes(16)),
  salt: new SecretKey(randomBytes(14)),
  mki: mkiOf('msk-id+mtk-id', { mskId: MSK_ID, mtkId: 7 }),
};

function rtpPackets(): readonly Uint8Array[] {
  return Array.from({ length: PACKETS }, (_, sequence) => {
    const rtp = Buffer.alloc(12 + PAYLOAD, sequence & 0xff);
    rtp[0] = 0x80;
    rtp.writeUInt16BE(sequence, 2);
    rtp.writeUInt32BE(0x1234, 8);
    return Uint8Array.from(rtp);
  });
}

const rtp = rtpPackets();
const srtp = (() => {
  const sender = new SrtpSender();
  sender.use(key, key.mki);
  return rtp.map((each) => sender.protect(each));
})();

/** What Node's own objects take for the same octets: one cipher and one HMAC a packet, and nothing of RTP. */
function nodeObjects(): void {
  const [encr, auth] = [randomBytes(16), randomBytes(20)];
  for (const each of rtp) {
    createCipheriv('aes-128-ctr', encr, auth.subarray(0, 16)).update(each.subarray(12));
    createHmac('sha1', auth).update(each).digest();
  }
}

function ours(): void {
  const sender = new SrtpSender();
  sender.use(key, key.mki);
  for (const each of rtp) sender.protect(each);
}

function oursOpening(): void {
  const receiver = new SrtpReceiver(key.mki.length);
  receiver.add(key, key.mki);
  for (const each of srtp) receiver.open(each);
}

function mtkMessages(): void {
  const [keyDomainId, msk] = [parseKeyDomainId('00f110'), new SecretKey(randomBytes(16))];
  const rand = randOfMsk(keyDomainId, MSK_ID, msk);
  const { mtk, salt } = key;
  for (let counter = 1; counter <= PACKETS; counter++)
    encodeMtkMessage({ keyDomainId, mskId: MSK_ID, msk, rand, csbId: 1, counter, mtkId: 7, mtk, salt });
}

const libsrtp = LIBSRTP.isThere();
const libsrtpProtects = () => {
  const session = new LibsrtpSession('outbound', [key]);
  for (const each of rtp) session.protect(each, 0);
};
const libsrtpOpens = () => {
  const session = new LibsrtpSession('inbound', [key]);
  for (const each of srtp) session.unprotect(each);
};

const CONTENDERS: Readonly<Record<string, () => void>> = {
  'objects of Node': nodeObjects,
  'protect, lib/srtp': ours,
  'open, lib/srtp': oursOpening,
  ...(libsrtp ? { 'protect, libsrtp': libsrtpProtects, 'open, libsrtp': libsrtpOpens } : {}),
  'MTK message': mtkMessages,
};

const best = new Map<string, number>();
for (let round = 0; round < ROUNDS; round++)
  for (const [name, run] of Object.entries(CONTENDERS)) {
    const begun = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(begun);
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, (user + system) / PACKETS));
  }
const baseline = best.get('objects of Node') ?? 1;
process.stdout.write(
  '| for one, of 1200 octets | CPU, us | of the objects of Node |\n| --- | ---: | ---: |\n',
);
for (const [name, us] of best)
  process.stdout.write(`| ${name} | ${us.toFixed(1)} | ${(us / baseline).toFixed(2)} |\n`);
if (!libsrtp) process.stdout.write(`\n${LIBSRTP.name} is missing: ${LIBSRTP.install}\n`);
