import * as v from 'valibot';
import { type Btid, parseBtid } from '../../../lib/gba/btid.ts';
import { type Impi, parseImpi } from '../../../lib/gba/impi.ts';
import {
  type MbmsKeys,
  MRK_RULES,
  type MrkRule,
  mukAndMrkOf,
  type NafKeys,
} from '../../../lib/gba/mbms-keys.ts';
import { secretKeyFromHex } from '../../../lib/keys/secret-key.ts';
import { ProvisioningRefused } from '../../../lib/provisioning/errors.ts';
import { openKeys } from '../../../lib/provisioning/wrapped-keys.ts';
import { putAssociation } from '../../../lib/store/association/put-association.ts';
import { textAs, time, wholeNumber } from '../fields.ts';
import { type ImportKind, type ImportTarget, type ImportWriter, RowError } from '../import-kind.ts';
import { parseFields } from './parse-fields.ts';

/** A bootstrapped association. Times are ms since the epoch. */
interface AssociationEntry {
  readonly btid: Btid;
  readonly impi: Impi;
  readonly gbaType: 'GBA_ME' | 'GBA_U';
  readonly mrkRule: MrkRule;
  readonly keys: { readonly plain: NafKeys } | { readonly wrapped: string };
  readonly bootstrappedAt: number;
  readonly expiresAt: number;
}

const NAF_KEY_LENGTH = 32;
/** The GBA key lifetime unless a row gives another, in seconds. */
const DEFAULT_LIFETIME_S = 86_400;
const MAX_LIFETIME_S = 31_536_000;

const nafKey = textAs((text) => secretKeyFromHex(text, NAF_KEY_LENGTH));
const base64 = v.pipe(
  v.string('it is a text'),
  v.base64('it is Base64'),
  v.maxLength(8192, 'it is too long'),
);

const Association = v.object({
  bTid: textAs(parseBtid),
  impi: textAs(parseImpi),
  gbaType: v.optional(v.picklist(['GBA_ME', 'GBA_U'], 'it is GBA_ME or GBA_U')),
  mrkRule: v.optional(v.picklist(MRK_RULES, `it is ${MRK_RULES.join(' or ')}`), 'ks-ext-naf'),
  wrappedKey: v.optional(base64),
  ksNaf: v.optional(nafKey),
  ksExtNaf: v.optional(nafKey),
  ksIntNaf: v.optional(nafKey),
  bootstrappedAt: v.optional(time),
  expiresAt: v.optional(time),
  lifetime: v.optional(wholeNumber(1, MAX_LIFETIME_S)),
});

const PLAIN_KEYS =
  'the file has plain keys: delete it when they are imported, or wrap them under the KMS key of the table ' +
  '(column wrappedKey)';

/** Bootstrapped associations, with wrapped keys or plain ones. */
export const ASSOCIATIONS: ImportKind<AssociationEntry> = {
  name: 'associations',
  columns: {
    required: ['bTid', 'impi'],
    optional: [
      'wrappedKey',
      'ksNaf',
      'ksExtNaf',
      'ksIntNaf',
      'gbaType',
      'mrkRule',
      'bootstrappedAt',
      'expiresAt',
      'lifetime',
    ],
  },
  secretColumns: ['ksNaf', 'ksExtNaf', 'ksIntNaf'],
  parse: (fields) => entryOf(parseFields(Association, fields), Date.now()),
  keyOf: ({ impi }) => impi,
  atOnce: 1,
  warningAbout: ({ keys }) => ('plain' in keys ? PLAIN_KEYS : undefined),
  begin: writerOf,
};

/** @throws RowError */
function entryOf(row: v.InferOutput<typeof Association>, now: number): AssociationEntry {
  const { bTid: btid, impi, mrkRule, wrappedKey, bootstrappedAt = now, lifetime } = row;
  if (row.expiresAt !== undefined && lifetime !== undefined)
    throw new RowError('give expiresAt or lifetime, not both');
  const expiresAt = row.expiresAt ?? bootstrappedAt + (lifetime ?? DEFAULT_LIFETIME_S) * 1000;
  if (expiresAt <= Math.max(now, bootstrappedAt))
    throw new RowError(`the association has expired at ${new Date(expiresAt).toISOString()}`);
  if (expiresAt - bootstrappedAt > MAX_LIFETIME_S * 1000)
    throw new RowError('the association lives longer than a year');
  const plain = plainKeysOf(row);
  if ((plain === undefined) === (wrappedKey === undefined))
    throw new RowError('give wrappedKey, or ksNaf (GBA_ME), or ksExtNaf and ksIntNaf (GBA_U)');
  const gbaType =
    plain === undefined ? (row.gbaType ?? 'GBA_ME') : plain.type === 'GBA_U' ? 'GBA_U' : 'GBA_ME';
  if (row.gbaType !== undefined && row.gbaType !== gbaType)
    throw new RowError(`gbaType: the keys are those of ${gbaType}`);
  const keys = plain === undefined ? { wrapped: wrappedKey ?? '' } : { plain };
  return { btid, impi, gbaType, mrkRule, keys, bootstrappedAt, expiresAt };
}

/** @throws RowError for half of the keys of GBA_U, or those of both */
function plainKeysOf({ ksNaf, ksExtNaf, ksIntNaf }: v.InferOutput<typeof Association>): NafKeys | undefined {
  if (ksNaf === undefined && ksExtNaf === undefined && ksIntNaf === undefined) return undefined;
  if (ksNaf !== undefined && ksExtNaf === undefined && ksIntNaf === undefined)
    return { type: 'GBA_ME', ksNaf };
  if (ksNaf === undefined && ksExtNaf !== undefined && ksIntNaf !== undefined)
    return { type: 'GBA_U', ksExtNaf, ksIntNaf };
  throw new RowError('give ksNaf (GBA_ME), or both ksExtNaf and ksIntNaf (GBA_U)');
}

function writerOf({ store, unwrap }: ImportTarget, isDry: boolean): ImportWriter<AssociationEntry> {
  const keysOf = async ({
    keys,
    btid: bTid,
    impi,
    gbaType,
    mrkRule,
  }: AssociationEntry): Promise<MbmsKeys> => {
    if ('plain' in keys) return mukAndMrkOf(keys.plain, { mrkRule });
    try {
      return await openKeys({ unwrap }, { bTid, impi, gbaType, mrkRule, wrappedKey: keys.wrapped });
    } catch (error) {
      throw error instanceof ProvisioningRefused ? new RowError(error.message) : error;
    }
  };
  return {
    // Only a dry run opens the keys of all rows before.
    check: async (entry) => void (isDry && (await keysOf(entry))),
    write: async (entries) => {
      for (const entry of entries) {
        const { btid, impi, gbaType, bootstrappedAt, expiresAt } = entry;
        const keys = await keysOf(entry);
        await putAssociation(store, { btid, impi, gbaType, ...keys, bootstrappedAt, expiresAt });
      }
    },
  };
}
