import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Btid } from '../../lib/gba/btid.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import type { KeyIdentification } from '../../lib/key-management/payload/msk-request.ts';
import { CURRENT_KEY_NUMBER, formatMskId } from '../../lib/keys/msk-id.ts';
import { startUe, type Ue, type UeEvent } from '../../lib/ue/ue.ts';
import { aBtid, aPort, aUrl, keyIdentifications, octet32, seconds, serviceIds } from '../arguments.ts';
import { CliError } from '../errors.ts';
import { type Say, sayer } from '../output.ts';
import { type NafKeyOptions, nafKeysOf } from './provision.ts';

type UeCommandOptions = NafKeyOptions & {
  url: URL;
  bTid: Btid;
  naf: string;
  address: string;
  port: number;
  json?: boolean;
};

/** `bmsc ue …`: a UE against any BM-SC. */
export function addUeCommands(program: Command): void {
  const ue = program.command('ue').description('be a UE against any BM-SC');
  ue.addHelpText('after', exampleOf('run --service urn:example:news'));
  const services = ['<serviceId...>', 'User Services'] as const;

  withAssociation(
    ue.command('register').description('register to User Services and take the MSKs that follow'),
  )
    .argument(...services)
    .option('--wait <seconds>', 'how long to listen for MSKs afterwards', seconds, 5)
    .addHelpText('after', exampleOf('register urn:example:news'))
    .action((ids: string[], options: UeCommandOptions & { wait: number }) =>
      withUe(options, async (ue, say) => {
        for (const answer of await ue.register(ids))
          say(`${answer.serviceId}: ${answer.responseCode}`, { ...answer });
        await delay(options.wait * 1000);
      }),
    );

  withAssociation(ue.command('deregister').description('deregister from User Services'))
    .argument(...services)
    .addHelpText('after', exampleOf('deregister urn:example:news'))
    .action((ids: string[], options: UeCommandOptions) =>
      withUe(options, async (ue, say) => {
        for (const answer of await ue.deregister(ids))
          say(`${answer.serviceId}: ${answer.responseCode}`, { ...answer });
      }),
    );

  withAssociation(ue.command('request').description('ask for MSKs and wait until they arrive'))
    .requiredOption(
      '--msk <domain/mskId>',
      'e.g. 00f110/00010000 for the current one; repeatable',
      keyIdentifications,
    )
    .option('--wait <seconds>', 'how long to wait for the MSKs', seconds, 10)
    .addHelpText('after', exampleOf('request --msk 001-01/00010000'))
    .action((options: UeCommandOptions & { msk: KeyIdentification[]; wait: number }) =>
      withUe(options, (ue, say) => requestAndWait(ue, say, options.msk, options.wait)),
    );

  withAssociation(
    ue.command('run').description('register, then listen and answer pushes and solicited pulls until Ctrl-C'),
  )
    .option('--service <id>', 'User Service to register to; repeatable', serviceIds)
    .option('--for <seconds>', 'stop after so long', seconds)
    .addHelpText('after', exampleOf('run --service urn:example:news'))
    .action((options: UeCommandOptions & { service?: string[]; for?: number }) =>
      withUe(options, async (ue, say) => {
        for (const answer of options.service === undefined ? [] : await ue.register(options.service)) {
          say(`${answer.serviceId}: ${answer.responseCode}`, { ...answer });
        }
        say(`listening for MIKEY on ${ue.address.address}:${ue.address.port}`, { listening: ue.address });
        const stop = new AbortController();
        process.once('SIGINT', () => stop.abort());
        process.once('SIGTERM', () => stop.abort());
        await delay((options.for ?? 2 ** 31 / 1000 - 1) * 1000, undefined, { signal: stop.signal }).catch(
          () => {},
        );
      }),
    );
}

/** One readable line for what happens at a UE; never a key. */
export function describeUeEvent(event: UeEvent): { text: string; facts: Record<string, unknown> } {
  switch (event.kind) {
    case 'received':
      return describeReceived(event);
    case 'verification-sent':
      return fact(`verification message sent, ${event.octets.length} octets`, {
        event: event.kind,
        octets: event.octets.length,
      });
    case 'pull-answered': {
      const codes = event.answers.map(({ responseCode }) => responseCode);
      return fact(`asked for the current MSK as solicited: ${codes.join(', ')}`, {
        event: event.kind,
        codes,
      });
    }
    default: {
      const reason = event.error instanceof Error ? event.error.message : String(event.error);
      return fact(`failed: ${reason}`, { event: event.kind, reason });
    }
  }
}

function describeReceived({ octets, message }: UeEvent & { kind: 'received' }) {
  const size = `${octets.length} octets`;
  switch (message.kind) {
    case 'msk': {
      const { keyDomainId, mskId, validity } = message.msk;
      const facts = {
        event: 'msk',
        keyDomainId,
        mskId: formatMskId(mskId),
        validity,
        counter: message.counter,
      };
      return fact(
        `MSK ${facts.mskId} of Key Domain ${keyDomainId} received, ${size}, counter ${message.counter}, MAC good`,
        facts,
      );
    }
    case 'solicited-pull': {
      const { keyDomainId, keyGroup, counter } = message;
      const group = keyGroup.toString(16).padStart(4, '0');
      return fact(`pull solicited for Key Group ${group} of Key Domain ${keyDomainId}, ${size}, MAC good`, {
        event: 'solicited-pull',
        keyDomainId,
        keyGroup: group,
        counter,
      });
    }
    case 'mtk':
      return fact(`MTK ${message.mtkId} received, ${size}`, { event: 'mtk', mtkId: message.mtkId });
    default:
      return fact(`message refused: ${message.reason}`, { event: 'refused', reason: message.reason });
  }
}

async function requestAndWait(
  ue: Ue,
  say: Say,
  keys: readonly KeyIdentification[],
  wait: number,
): Promise<void> {
  const answers = await ue.requestMsks(keys);
  for (const { keyDomainId, mskId, responseCode } of answers) {
    say(`${keyDomainId}/${formatMskId(mskId)}: ${responseCode}`, {
      keyDomainId,
      mskId: formatMskId(mskId),
      responseCode,
    });
  }
  const granted = answers.filter(({ responseCode }) => responseCode === 200);
  const deadline = Date.now() + wait * 1000;
  const notYet = () => granted.filter((key) => !isHeld(ue, key));
  while (notYet().length > 0 && Date.now() < deadline) await delay(20);
  const missing = notYet().length;
  if (missing > 0)
    throw new CliError(`${missing} of ${granted.length} granted MSKs did not arrive in ${wait} s`);
  if (granted.length < answers.length) process.exitCode = 1;
}

/** Key Number 0x0 asks for the current MSK, whichever it is: any of its Key Group will do. */
function isHeld(ue: Ue, { keyDomainId, mskId }: KeyIdentification): boolean {
  if (mskId.keyNumber !== CURRENT_KEY_NUMBER) return ue.ring.find(keyDomainId, mskId) !== undefined;
  return ue.ring
    .list()
    .some((held) => held.keyDomainId === keyDomainId && held.mskId.keyGroup === mskId.keyGroup);
}

async function withUe(options: UeCommandOptions, use: (ue: Ue, say: Say) => Promise<void>): Promise<void> {
  const say = sayer(options.json);
  const ue = await startUe({
    association: { btid: options.bTid, nafFqdn: options.naf, ...mukAndMrkOf(nafKeysOf(options)) },
    keyManagementUrl: options.url,
    listen: { address: options.address, port: options.port },
    randomOctets: (length) => randomBytes(length),
    onEvent: (event) => {
      const { text, facts } = describeUeEvent(event);
      say(text, facts);
    },
  });
  try {
    await use(ue, say);
  } finally {
    await ue.close();
  }
}

function withAssociation(command: Command): Command {
  return command
    .requiredOption('--url <url>', 'key management URI', aUrl)
    .requiredOption('--b-tid <bTid>', 'B-TID', aBtid)
    .option('--ks-naf <hex|@file>', 'GBA_ME: Ks_NAF, 32 octets', octet32)
    .option('--ks-ext-naf <hex|@file>', 'GBA_U: Ks_ext_NAF, 32 octets', octet32)
    .option('--ks-int-naf <hex|@file>', 'GBA_U: Ks_int_NAF, 32 octets', octet32)
    .option('--naf <fqdn>', 'FQDN of the BM-SC as a NAF', 'bmsc.home1.net')
    .option('--address <ip>', 'local address for MIKEY', '127.0.0.1')
    .option('--port <port>', 'local UDP port for MIKEY; 0 takes a free one', aPort, 0)
    .option('--json', 'one JSON object a line');
}

function exampleOf(line: string): string {
  const rest =
    '--url http://127.0.0.1:8080/keymanagement --b-tid fve4iTWb1rTb297CzVSrpw==@bsf.home1.net --ks-naf @ks-naf.hex';
  return `\nExample:\n  bmsc ue ${line} ${rest}`;
}

function fact(text: string, facts: Record<string, unknown>) {
  return { text, facts };
}
