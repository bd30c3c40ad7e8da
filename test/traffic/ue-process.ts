import { setInterval } from 'node:timers';
import { randOfMsk } from '../../lib/keys/msk-rand.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { KeyRing } from '../../lib/ue/key-ring.ts';
import { MikeyReceiver } from '../../lib/ue/mikey-receiver.ts';
import { TrafficReceiver } from '../../lib/ue/traffic-receiver.ts';
import { DOMAIN } from './msks.ts';

// A UE that a test stops and goes on with. It prints the sequence numbers that it plays, then its counts.

const [, , address = '', mtkPort, keyGroup, msk = ''] = process.argv;
const ring = new KeyRing();
const mikey = new MikeyReceiver(ring);
const held = {
  mskId: { keyGroup: Number(keyGroup), keyNumber: 1 },
  msk: new SecretKey(Buffer.from(msk, 'hex')),
};
const rand = randOfMsk(DOMAIN, held.mskId, held.msk);
ring.put({ keyDomainId: DOMAIN, ...held, validity: FULL_VALIDITY, rand });
const receiver = await TrafficReceiver.open(
  { receive: (octets) => mikey.receive(octets) },
  {
    mtks: { address, port: Number(mtkPort) },
    srtp: { address, port: Number(mtkPort) + 1 },
    interface: '127.0.0.1',
    mkiForm: 'msk-id+mtk-id',
    onRtp: (rtp) => process.stdout.write(`${Buffer.from(rtp).readUInt16BE(2)}\n`),
  },
);
process.stdout.write('ready\n');
process.once('SIGTERM', async () => {
  await receiver.close();
  const { late, unopened } = receiver;
  process.stdout.write(`${JSON.stringify({ late, unopened })}\n`);
  process.exit();
});
setInterval(() => {}, 1000);
