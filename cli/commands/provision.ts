import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { Btid } from '../../lib/gba/btid.ts';
import type { Impi } from '../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY, mskValidity } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import type { KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import {
  deleteSubscription,
  putAssociation,
  putSubscription,
} from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import {
  aBtid,
  aKeyDomainId,
  anImpi,
  anMskId,
  keyGroupRefs,
  octet16,
  octet32,
  seconds,
} from '../arguments.ts';
import { CliError } from '../errors.ts';
import { sayer } from '../output.ts';
import { checkKeyDomain, findBmsc, type StackOptions } from '../stack.ts';

type Provisioning = StackOptions & { json?: boolean };

/** A GBA key lifetime where none is given, in seconds. */
const DEFAULT_LIFETIME_S = '86400';

/** `bmsc provision …`: what the operator's systems write, through the store's own code. */
export function addProvisionCommands(program: Command, withStack: (command: Command) => Command): void {
  const provision = program
    .command('provision')
    .description('write User Services, MSKs, subscriptions and associations')
    .addHelpText('after', example('provision service urn:example:news --key-group 001-01/0001 --local'));

  withStack(provision.command('service').description('a User Service with its Key Groups'))
    .argument('<serviceId>')
    .requiredOption(
      '--key-group <domain/group>',
      'Key Domain ID and Key Group, e.g. 00f110/0001; repeatable',
      keyGroupRefs,
    )
    .addHelpText('after', example('provision service urn:example:news --key-group 001-01/0001 --local'))
    .action(async (serviceId: string, options: Provisioning & { keyGroup: KeyGroupRef[] }) => {
      const bmsc = await findBmsc(options);
      for (const { keyDomainId } of options.keyGroup) checkKeyDomain(bmsc, keyDomainId);
      await putUserService(bmsc.store, { serviceId, keyGroups: options.keyGroup });
      sayer(options.json)(`User Service ${serviceId} uses ${options.keyGroup.length} Key Group(s)`, {
        serviceId,
      });
    });

  withStack(
    provision.command('msk').description('an MSK, made here unless given; it becomes the current one'),
  )
    .argument('<keyDomainId>', 'e.g. 00f110 or 001-01', aKeyDomainId)
    .argument('<mskId>', 'Key Group and Key Number, e.g. 00010001', anMskId)
    .option('--key <hex|@file>', '16 octets, for tests', octet16)
    .option('--seql <n>', 'lowest MTK ID', Number)
    .option('--sequ <n>', 'highest MTK ID', Number)
    .addHelpText('after', example('provision msk 001-01 00010001 --local'))
    .action(async (keyDomainId: KeyDomainId, id: MskId, options: MskOptions) => {
      const { seql = FULL_VALIDITY.seql, sequ = FULL_VALIDITY.sequ } = options;
      const msk = options.key ?? new SecretKey(randomBytes(16));
      const stored = { keyNumber: id.keyNumber, msk, validity: mskValidity(seql, sequ) };
      const bmsc = await findBmsc(options);
      checkKeyDomain(bmsc, keyDomainId);
      await putMsk(bmsc.store, { keyDomainId, keyGroup: id.keyGroup }, stored);
      sayer(options.json)(
        `MSK ${formatMskId(id)} of Key Domain ${keyDomainId} is the current one of its Key Group`,
        {
          keyDomainId,
          mskId: formatMskId(id),
        },
      );
    });

  withStack(provision.command('subscription').description('allow a subscriber a User Service'))
    .argument('<impi>', 'IMPI', anImpi)
    .argument('<serviceId>')
    .option('--remove', 'take the subscription away')
    .addHelpText(
      'after',
      example(
        'provision subscription 001010123456789@ims.mnc001.mcc001.3gppnetwork.org urn:example:news --local',
      ),
    )
    .action(async (impi: Impi, serviceId: string, options: Provisioning & { remove?: boolean }) => {
      const { store } = await findBmsc(options);
      await (options.remove ? deleteSubscription : putSubscription)(store, impi, serviceId);
      const what = options.remove ? 'no longer has' : 'has';
      sayer(options.json)(`${impi} ${what} a subscription to ${serviceId}`, {
        impi,
        serviceId,
        removed: options.remove === true,
      });
    });

  withStack(provision.command('association').description('a bootstrapped security association of a UE'))
    .argument('<bTid>', 'B-TID', aBtid)
    .argument('<impi>', 'IMPI', anImpi)
    .option('--ks-naf <hex|@file>', 'GBA_ME: Ks_NAF, 32 octets', octet32)
    .option('--ks-ext-naf <hex|@file>', 'GBA_U: Ks_ext_NAF, 32 octets', octet32)
    .option('--ks-int-naf <hex|@file>', 'GBA_U: Ks_int_NAF, 32 octets', octet32)
    .option('--lifetime <seconds>', 'key lifetime', seconds, Number(DEFAULT_LIFETIME_S))
    .addHelpText(
      'after',
      example(
        'provision association fve4iTWb1rTb297CzVSrpw==@bsf.home1.net 001010123456789@home1.net --ks-naf @ks-naf.hex --local',
      ),
    )
    .action(async (btid: Btid, impi: Impi, options: AssociationOptions) => {
      const keys = mukAndMrkOf(nafKeysOf(options));
      const now = Date.now();
      const expiresAt = now + options.lifetime * 1000;
      const gbaType = options.ksNaf === undefined ? 'GBA_U' : 'GBA_ME';
      await putAssociation((await findBmsc(options)).store, {
        btid,
        impi,
        gbaType,
        ...keys,
        bootstrappedAt: now,
        expiresAt,
      });
      sayer(options.json)(`association ${btid} of ${impi} until ${new Date(expiresAt).toISOString()}`, {
        bTid: btid,
        impi,
        expiresAt,
      });
    });
}

type MskOptions = Provisioning & { key?: SecretKey; seql?: number; sequ?: number };

/** NAF keys as options give them. */
export interface NafKeyOptions {
  readonly ksNaf?: SecretKey;
  readonly ksExtNaf?: SecretKey;
  readonly ksIntNaf?: SecretKey;
}

type AssociationOptions = Provisioning & NafKeyOptions & { lifetime: number };

/** @throws CliError unless the options are those of GBA_ME or those of GBA_U */
export function nafKeysOf({ ksNaf, ksExtNaf, ksIntNaf }: NafKeyOptions): Parameters<typeof mukAndMrkOf>[0] {
  if (ksNaf !== undefined && ksExtNaf === undefined && ksIntNaf === undefined)
    return { type: 'GBA_ME', ksNaf };
  if (ksNaf === undefined && ksExtNaf !== undefined && ksIntNaf !== undefined)
    return { type: 'GBA_U', ksExtNaf, ksIntNaf };
  throw new CliError('give --ks-naf (GBA_ME), or both --ks-ext-naf and --ks-int-naf (GBA_U)');
}

function example(line: string): string {
  return `\nExample:\n  bmsc ${line}`;
}
