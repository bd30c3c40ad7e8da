import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { IMAGE_SOURCES } from '../../cdk/constructs/container-image.ts';
import { deployToEmulator } from '../../cli/emulator/cdk.ts';
import { emulatorEnvironment } from '../../cli/emulator/environment.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { startUe, type Ue, type UeEvent } from '../../lib/ue/ue.ts';
import { keyFile } from '../cli/key-file.ts';
import { freePorts } from '../free-ports.ts';
import { listenToBus } from './emulator/bus-listener.ts';
import { allowDeletion, destroyStacks, outputsOf, STACKS, senderEnvironment } from './emulator/deployment.ts';
import { followDockerfile } from './emulator/dockerfile.ts';
import { startMinistack } from './emulator/ministack.ts';
import { bmsc, startBmscSender, startSenderProcess } from './emulator/processes.ts';
import { carryOutRunbooks } from './emulator/runbooks.ts';

const SERVICE = 'urn:example:e2e';
const IMPI = 'e2e@home1.net';
const DOMAIN = '001-01';
const STEP_MS = 10_000;
/** A little more than a sender waits for messages. */
const LONG_POLL_MS = 21_000;

const { keep, deploy, runbooks } = new Command('npm run e2e --')
  .description(
    'deploy to an emulator of AWS, drive the deployment with a real UE, and destroy it. ' +
      'AWS_ENDPOINT_URL names a running emulator; without it ministack is installed and started.',
  )
  .option('--no-deploy', 'use what `npm run deploy:local` has deployed')
  .option('--keep', 'do not destroy the stacks')
  .option(
    '--runbooks',
    'push by `bmsc sender`, too, and carry out the lines of git, cdk and aws in the runbooks',
  )
  .parse()
  .opts<{ keep?: boolean; deploy: boolean; runbooks?: boolean }>();

const startedAt = Date.now();
const say = (what: string) =>
  void process.stdout.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${what}\n`);

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + STEP_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come in ${STEP_MS / 1000} s`);
    await delay(20);
  }
  say(what);
}

async function drive(): Promise<void> {
  const { KeyManagementUrl = '', EventBusName = '' } = await outputsOf(STACKS[0]);
  say(`deployed: ${KeyManagementUrl}`);
  const ksNaf = new SecretKey(randomBytes(32));
  const msks = [1, 2, 3].map(() => new SecretKey(randomBytes(16)));
  const [first, second, third] = msks.map((msk) => Buffer.from(msk.exposeOctets()).toString('hex'));
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const ksNafHex = Buffer.from(ksNaf.exposeOctets()).toString('hex');
  await bmsc('provision', 'service', SERVICE, '--key-group', `${DOMAIN}/0001`);
  await bmsc('provision', 'msk', DOMAIN, '00010001', '--key', keyFile(first ?? ''));
  await bmsc('provision', 'subscription', IMPI, SERVICE);
  await bmsc('provision', 'association', btid, IMPI, '--ks-naf', keyFile(ksNafHex));
  say('provisioned: service, MSK, subscription, association');

  say("following the Dockerfile's steps into an empty tree");
  const tree = mkdtempSync(join(tmpdir(), 'bmsc-image-'));
  const image = followDockerfile(tree, IMAGE_SOURCES, process.env);
  const sender = await startSenderProcess(image, await senderEnvironment());
  say('the sender runs from there');
  const bus = await listenToBus(EventBusName);
  const ueEvents: UeEvent[] = [];
  const ue = await startUe({
    association: { btid, nafFqdn: 'bmsc.home1.net', ...mukAndMrkOf({ type: 'GBA_ME', ksNaf }) },
    keyManagementUrl: new URL(KeyManagementUrl),
    listen: { address: '127.0.0.1', port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: (event) => ueEvents.push(event),
  });
  try {
    await driveUe(ue, ueEvents, { second: second ?? '', third: third ?? '' });
    await until(
      () => bus.events.filter(({ detailType }) => detailType === 'MSK Delivered').length >= 4,
      'on the bus: every MSK verified and delivered',
    );
    const held = ue.ring.list().filter(({ msk }) => msks.slice(1).some((key) => key.equals(msk)));
    if (held.length !== 2) throw new Error('the UE does not hold the keys that were provisioned');
    say('the UE holds 00010002 and 00010003; the keys match on both sides');
    await bmsc('rotate', DOMAIN, '0001', '--lead-time', '0');
    await until(
      () => ue.ring.list().some(({ mskId: { keyNumber } }) => keyNumber === 4),
      'rotated, and the next MSK received',
    );
    await until(
      () => bus.events.some(({ detailType }) => detailType === 'MSK Rotated'),
      'on the bus: the next MSK is the current one',
    );
    await bmsc('set', 'schedule', DOMAIN, '0001', 'rate(7 days)');
    await bmsc('delete', 'schedule', DOMAIN, '0001', '--yes');
    say('a schedule was set and removed');
    if ((await sender.stop()) !== 0) throw new Error('the sender did not stop on SIGTERM');
    say('the sender stopped on SIGTERM');
    if (runbooks === true) await pushByOwnSender();
  } finally {
    await ue.close();
    await bus.stop();
    await sender.stop();
    rmSync(tree, { recursive: true, force: true });
  }
}

/** What a person does whose emulator runs no container: `bmsc sender`, and then a push. */
async function pushByOwnSender(): Promise<void> {
  // An emulator may give a message to the long poll of a sender that is gone.
  await delay(LONG_POLL_MS);
  const sender = await startBmscSender();
  try {
    const [{ verified } = {}] = (await bmsc('push', DOMAIN, '00010000', '--key-group', '--watch')).slice(-1);
    if (verified !== 1) throw new Error('the push by `bmsc sender` has not reached the UE');
  } finally {
    if ((await sender.stop()) !== 0) process.exitCode = 1;
  }
  say('`bmsc sender` sent what was pushed, the UE confirmed it, and SIGTERM stopped it');
}

async function driveUe(
  ue: Ue,
  ueEvents: readonly UeEvent[],
  next: { second: string; third: string },
): Promise<void> {
  const count = (kind: string) =>
    ueEvents.filter((event) => event.kind === 'received' && event.message.kind === kind).length;
  await ue.register([SERVICE]);
  await until(() => count('msk') >= 1, 'registered, and the current MSK received');
  await ue.requestMsks([{ keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(1, 0) }]);
  await until(() => count('msk') >= 2, 'requested the MSK, and received');
  await bmsc('provision', 'msk', DOMAIN, '00010002', '--key', keyFile(next.second));
  await bmsc('push', DOMAIN, '00010002', '--ue', IMPI);
  await until(() => count('msk') >= 3, 'pushed a new MSK, and received');
  await bmsc('provision', 'msk', DOMAIN, '00010003', '--key', keyFile(next.third));
  await bmsc('solicit', DOMAIN, '0001', '--ue', IMPI);
  await until(() => count('solicited-pull') >= 1, 'solicited a pull, and received');
  await until(() => count('msk') >= 4, 'the UE requested it by itself, and received');
  const watched = await bmsc('push', DOMAIN, '00010000', '--key-group', '--watch');
  const { verified, completedAt } = watched.at(-1) ?? {};
  if (verified !== 1 || completedAt === undefined)
    throw new Error('the push to the Key Group is not completed');
  say('pushed to all of the Key Group, and watched until it was completed');
}

async function main(): Promise<void> {
  const emulator =
    process.env.AWS_ENDPOINT_URL === undefined
      ? await startMinistack((await freePorts()).endpoint, say)
      : { url: process.env.AWS_ENDPOINT_URL, stop: async () => {} };
  try {
    const env = emulatorEnvironment({ ...process.env, AWS_ENDPOINT_URL: emulator.url });
    Object.assign(process.env, env);
    if (deploy) {
      say('cdk deploy');
      await deployToEmulator(env);
    }
    await drive();
    if (runbooks === true) await carryOutRunbooks(say);
    if (runbooks === true) await allowDeletion();
    if (keep !== true) {
      await destroyStacks();
      say('destroyed');
    }
  } finally {
    await emulator.stop();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`e2e: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
