import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type Command, Option } from 'commander';
import * as v from 'valibot';
import { type StreamInput, stream, trafficStreamOf } from '../../functions/traffic/streams.ts';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup } from '../../lib/keys/msk-id.ts';
import { MKI_FORMS, type MkiForm } from '../../lib/srtp/mki.ts';
import { type TrafficEvent, TrafficSender } from '../../lib/traffic/traffic-sender.ts';
import { parseAddressAndPort, parseSeconds, parseServiceId, parseWholeSeconds } from '../arguments.ts';
import { UsageError } from '../errors.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  KEY_GROUP_ARGUMENT,
  withExamples,
  withStack,
} from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';

interface TrafficOptions extends CommandOptions {
  readonly mtk: UeAddress;
  readonly rtp?: UeAddress;
  readonly srtp?: UeAddress;
  readonly handOver?: string;
  readonly interface?: string;
  readonly repeat?: number;
  readonly announce?: number;
  readonly change?: number;
  readonly overlap?: number;
  readonly salt: boolean;
  readonly mkiForm?: MkiForm;
}

/** `bmsc traffic`: sends the MTKs of a User Service from this machine, and protects its RTP. */
export function addTrafficCommand(program: Command): void {
  const command = program
    .command('traffic')
    .description('send MTKs for a User Service under the MSKs of a Key Group, until Ctrl-C');
  withStack(command)
    .argument('<serviceId>', 'User Service', parseServiceId)
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...KEY_GROUP_ARGUMENT)
    .requiredOption(
      '--mtk <address:port>',
      'where MTK messages go: a group, or one address',
      parseAddressAndPort,
    )
    .option('--rtp <address:port>', 'take plain RTP there', parseAddressAndPort)
    .option('--srtp <address:port>', 'send it there as SRTP', parseAddressAndPort)
    .option('--hand-over <path>', 'hand MTKs to encoders at this local socket')
    .option('--interface <address>', 'local address over which groups are sent (IPv6: name of the interface)')
    .option('--repeat <seconds>', 'between two messages with one MTK (default: 1)', parseSeconds)
    .option('--announce <seconds>', 'how long an MTK is sent before it is used (default: 3)', parseSeconds)
    .option('--change <seconds>', 'how long an MTK is used (default: 60)', parseSeconds)
    .option(
      '--overlap <seconds>',
      'send under the MSK before a rotation, too (default: 0)',
      parseWholeSeconds,
    )
    .option('--no-salt', 'MTKs without a salt')
    .addOption(new Option('--mki-form <form>', 'how packets name their MTK').choices(MKI_FORMS))
    .action(send);
  const where = '--mtk 239.255.0.1:2269 --interface 127.0.0.1';
  withExamples(
    command,
    `traffic urn:example:news 001-01 0001 ${where} --rtp 127.0.0.1:5002 --srtp 239.255.0.1:5004 --local`,
    `traffic urn:example:news 001-01 0001 ${where} --hand-over news.sock --local`,
  );
}

/** @throws UsageError for options that do not go together */
async function send(
  serviceId: string,
  keyDomainId: KeyDomainId,
  keyGroup: number,
  options: TrafficOptions,
): Promise<void> {
  const ref = `${keyDomainId}/${formatKeyGroup(keyGroup)}`;
  const parsed = v.safeParse(stream, streamInputOf(serviceId, ref, options));
  if (!parsed.success) throw new UsageError(parsed.issues.map(({ message }) => message).join('; '));
  const { store, bus } = await findBmsc(options);
  const ended = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const print = createPrint(options.json);
  const sender = await TrafficSender.open(trafficStreamOf(parsed.output), {
    ...{ store, bus },
    self: randomBytes(8).toString('hex'),
    elapsed: () => performance.now(),
    randomOctets: (length) => randomBytes(length),
    onEvent: (event) => {
      const { text, fields } = describeTrafficEvent(event);
      print(text, fields);
    },
  });
  print(`sending MTKs of ${serviceId} under ${ref}, until Ctrl-C`, { serviceId, keyGroup: ref });
  await ended;
  await sender.close();
  const { messages, packets, dropped } = sender.counts;
  print(`${messages} MTK messages, ${packets} packets, ${dropped} dropped`, { messages, packets, dropped });
}

function streamInputOf(serviceId: string, keyGroup: string, options: TrafficOptions): StreamInput {
  const { mtk, rtp, srtp, handOver, repeat, announce, change, overlap, salt, mkiForm } = options;
  if ((rtp === undefined) !== (srtp === undefined))
    throw new UsageError('--rtp and --srtp come together: what is taken, and where it goes');
  return {
    ...{
      serviceId,
      keyGroup,
      mtks: mtk,
      salt,
      mkiForm,
      handOver: handOver === undefined ? undefined : resolve(handOver),
    },
    ...(rtp !== undefined && srtp !== undefined && { srtp: { from: rtp, to: srtp } }),
    interface: options.interface,
    repeatSeconds: repeat,
    announceSeconds: announce,
    changeSeconds: change,
    overlapSeconds: overlap,
  };
}

/** Describes in one readable line what happened to a stream; never a key. */
export function describeTrafficEvent(event: TrafficEvent): {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
} {
  if (event.kind === 'failed') {
    const reason = event.error instanceof Error ? event.error.message : String(event.error);
    return { text: `failed: ${reason}`, fields: { event: event.kind, reason } };
  }
  const { kind, ...fields } = event;
  return { text: TEXTS[kind](fields), fields: { event: kind, ...fields } };
}

interface Numbers {
  readonly mskId?: string;
  readonly mtkId?: number;
  readonly left?: number;
}

const TEXTS: Readonly<Record<Exclude<TrafficEvent['kind'], 'failed'>, (numbers: Numbers) => string>> = {
  'turn-taken': () => 'this instance sends',
  'turn-lost': () => 'another instance sends: this one waits',
  'mtk-made': ({ mtkId, mskId }) => `MTK ${mtkId} under MSK ${mskId} is announced`,
  'mtk-in-use': ({ mtkId, mskId }) => `MTK ${mtkId} under MSK ${mskId} is in use`,
  'range-low': ({ left, mskId }) => `${left} MTK IDs are left under MSK ${mskId}: asked for its rotation`,
  'range-spent': ({ mskId }) => `no MTK ID is left under MSK ${mskId}: asked for its rotation`,
  'msk-revoked': ({ mskId }) => `MSK ${mskId} is revoked: nothing is sent under it`,
  stopped: () => 'there is no MSK: nothing is sent',
};
