import { setTimeout as delay } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { hostAndPort } from '../../../lib/address/host-and-port.ts';
import type { UeAddress } from '../../../lib/address/ue-address.ts';
import type { KeyIdentification } from '../../../lib/key-management/payload/msk-request.ts';
import { MKI_FORMS, type MkiForm } from '../../../lib/srtp/mki.ts';
import { openSender } from '../../../lib/traffic/group-socket.ts';
import { TrafficReceiver } from '../../../lib/ue/traffic-receiver.ts';
import type { Ue } from '../../../lib/ue/ue.ts';
import { parseAddressAndPort, parseSeconds, parseServiceIds } from '../../arguments.ts';
import { UsageError } from '../../errors.ts';
import { withExamples } from '../../options.ts';
import { type UeOptions, withUeExample, withUeOptions } from './options.ts';
import { MSK_OPTION, printMskAnswer } from './request.ts';
import { printRegistered } from './service-answer.ts';
import { withUe } from './with-ue.ts';

/** The longest that a timer waits, in seconds. */
const MAX_SECONDS = 2 ** 31 / 1000 - 1;

/** `bmsc ue run` */
export function addRunCommand(ue: Command): void {
  const command = ue
    .command('run')
    .description('register, ask, then listen and answer pushes and solicited pulls until Ctrl-C');
  withUeOptions(command)
    .option('--service <id>', 'User Service to register to; repeatable', parseServiceIds)
    .option(...MSK_OPTION)
    .option(
      '--mtk <address:port>',
      'take MTK messages there: a multicast group, or one address',
      parseAddressAndPort,
    )
    .option('--srtp <address:port>', 'take SRTP under these MTKs there', parseAddressAndPort)
    .option('--rtp <address:port>', 'send the RTP in it there, for a player', parseAddressAndPort)
    .option('--interface <address>', 'local address over which groups come (IPv6: name of the interface)')
    .addOption(
      new Option('--mki-form <form>', 'how packets name their MTK').choices(MKI_FORMS).default(MKI_FORMS[0]),
    )
    .option('--for <seconds>', 'stop after this many seconds', parseSeconds)
    .action(run);
  withUeExample(command, 'run --service urn:example:news');
  const bsf = '--sim sim.json --bsf http://127.0.0.1:8088/';
  const at = 'ue run --service urn:example:news --url http://127.0.0.1:8080/keymanagement';
  const stream = '--mtk 239.255.0.1:2269 --srtp 239.255.0.1:5004 --rtp 127.0.0.1:5006 --interface 127.0.0.1';
  withExamples(command, `${at} ${bsf}`, `${at} ${bsf} ${stream}`);
}

interface RunOptions extends UeOptions {
  readonly service?: string[];
  readonly msk?: KeyIdentification[];
  readonly for?: number;
  readonly mtk?: UeAddress;
  readonly srtp?: UeAddress;
  readonly rtp?: UeAddress;
  readonly interface?: string;
  readonly mkiForm: MkiForm;
}

/** @throws UsageError unless the options of a stream come together */
async function run(options: RunOptions): Promise<void> {
  const { mtk, srtp, rtp } = options;
  const isStream = mtk !== undefined && srtp !== undefined && rtp !== undefined;
  if (!isStream && (mtk ?? srtp ?? rtp) !== undefined)
    throw new UsageError('a stream takes --mtk, --srtp and --rtp together');
  await withUe(options, async (ue, print) => {
    const stream = isStream ? await openStream(ue, { ...options, mtk, srtp, rtp }) : undefined;
    if (options.service !== undefined) printRegistered(print, await ue.register(options.service));
    for (const answer of options.msk === undefined ? [] : await ue.requestMsks(options.msk))
      printMskAnswer(print, answer);
    const ended = interruptOr((options.for ?? MAX_SECONDS) * 1000);
    print(`listening for MIKEY on ${hostAndPort(ue.address)}`, { listening: ue.address });
    await ended;
    if (stream === undefined) return;
    await stream.close();
    const { opened, late, unopened } = stream.receiver;
    const waited = late === 0 ? '' : `, ${late} of them had waited for their MTK`;
    const others = Object.entries(unopened).map(([why, count]) => `, ${count} not: ${why}`);
    print(`${opened} packets opened${waited}${others.join('')}`, { opened, late, unopened });
  });
}

/** Where a stream comes from and goes to. */
interface StreamOptions extends Pick<RunOptions, 'interface' | 'mkiForm'> {
  readonly mtk: UeAddress;
  readonly srtp: UeAddress;
  readonly rtp: UeAddress;
}

async function openStream(ue: Ue, { mtk, srtp, rtp, interface: over, mkiForm }: StreamOptions) {
  const player = await openSender(rtp);
  const receiver = await TrafficReceiver.open(ue, {
    ...{ mtks: mtk, srtp, interface: over, mkiForm },
    onRtp: (packet) => player.send(packet, rtp),
  });
  const close = async () => {
    await receiver.close();
    await player.close();
  };
  return { receiver, close };
}

/** Waits for Ctrl-C or SIGTERM, at most for `ms`. */
async function interruptOr(ms: number): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  await delay(ms, undefined, { signal: stop.signal }).catch(() => {});
}
