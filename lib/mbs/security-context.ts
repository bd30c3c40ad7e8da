import * as v from 'valibot';
import {
  KEY_DOMAIN_ID_LENGTH,
  type KeyDomainId,
  keyDomainIdFromOctets,
  keyDomainIdOctets,
} from '../keys/key-domain-id.ts';
import { MSK_LENGTH } from '../keys/msk-generation.ts';
import { formatMskId, MSK_ID_LENGTH, type MskId, mskIdFromOctets, mskIdOctets } from '../keys/msk-id.ts';
import { SecretKey } from '../keys/secret-key.ts';
import { dateTime, dateTimeOf } from '../sbi-json/fields.ts';
import { parseJsonBody } from '../sbi-json/json-body.ts';
import { MbsError } from './errors.ts';

/** Octets of an MTK ID and of an MTK. */
const MTK_ID_LENGTH = 2;
const MTK_LENGTH = 16;

/** One entry of an MBS security context (MbsKeyInfo, TS 29.571 §5.9.4.13). */
export interface MbsKeyInfo {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
  /** 16 octets; undefined: whoever sends the entry asks for an MSK. */
  readonly msk: SecretKey | undefined;
  /** ms since the epoch */
  readonly mskLifetime: number | undefined;
  /** An MTK of 16 octets that is sent under the MSK. */
  readonly mtk: { readonly mtkId: number; readonly key: SecretKey } | undefined;
}

/**
 * The JSON of an MBS security context (MbsSecurityContext, TS 29.571 §5.9.4.12): octets in Base64, each
 * entry under a text of its own. It holds keys in clear.
 * @throws MbsError `no-keys` without an entry: `keyList` has one or more
 */
export function encodeMbsSecurityContext(keys: readonly MbsKeyInfo[]): Uint8Array {
  return Buffer.from(JSON.stringify(mbsSecurityContextOf(keys)));
}

/** The same as a value of JSON, to be part of another body. @throws MbsError `no-keys` */
export function mbsSecurityContextOf(keys: readonly MbsKeyInfo[]): { readonly keyList: object } {
  if (keys.length === 0) throw new MbsError('no-keys', 'a security context has one MSK or more');
  return { keyList: Object.fromEntries(keys.map((key) => [nameOf(key), entryOf(key)])) };
}

function nameOf({ keyDomainId, mskId, mtk }: MbsKeyInfo): string {
  return [keyDomainId, formatMskId(mskId), ...(mtk === undefined ? [] : [mtk.mtkId])].join('-');
}

function entryOf({ keyDomainId, mskId, msk, mskLifetime, mtk }: MbsKeyInfo): object {
  const lifetime = dateTimeOf(mskLifetime);
  return {
    keyDomainId: base64Of(keyDomainIdOctets(keyDomainId)),
    mskId: base64Of(mskIdOctets(mskId)),
    ...(msk === undefined ? {} : { msk: base64Of(msk.exposeOctets()) }),
    ...(lifetime === undefined ? {} : { mskLifetime: lifetime }),
    ...(mtk === undefined
      ? {}
      : { mtkId: base64Of(mtkIdOctets(mtk.mtkId)), mtk: base64Of(mtk.key.exposeOctets()) }),
  };
}

function mtkIdOctets(mtkId: number): Uint8Array {
  const octets = Buffer.alloc(MTK_ID_LENGTH);
  octets.writeUInt16BE(mtkId);
  return octets;
}

function base64Of(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}

/** Base64 of `length` octets, and nothing beside it (RFC 4648 §4). */
const octets = (length: number) =>
  v.pipe(
    v.string(),
    v.base64(),
    v.transform((text) => Buffer.from(text, 'base64')),
    v.length(length),
  );

const entry = v.pipe(
  v.object({
    keyDomainId: octets(KEY_DOMAIN_ID_LENGTH),
    mskId: octets(MSK_ID_LENGTH),
    msk: v.optional(octets(MSK_LENGTH)),
    mskLifetime: v.optional(dateTime),
    mtkId: v.optional(octets(MTK_ID_LENGTH)),
    mtk: v.optional(octets(MTK_LENGTH)),
  }),
  v.check(({ mtkId, mtk }) => (mtkId === undefined) === (mtk === undefined)),
);

/** No entry could be `__proto__` or be lost: texts are names of a list, and no more. */
const context = v.object({ keyList: v.pipe(v.record(v.string(), entry), v.minEntries(1)) });

/**
 * Parses the JSON of an MBS security context. Members that this release does not know are passed over.
 * @throws MbsError `malformed`, which names the members at fault and none of their values
 */
export function parseMbsSecurityContext(body: Uint8Array): readonly MbsKeyInfo[] {
  const { keyList } = parseJsonBody(body, context, (message) => new MbsError('malformed', message));
  return Object.values(keyList).map(({ keyDomainId, mskId, msk, mskLifetime, mtkId, mtk }) => ({
    keyDomainId: keyDomainIdFromOctets(keyDomainId),
    mskId: mskIdFromOctets(mskId),
    msk: msk && new SecretKey(msk),
    mskLifetime,
    mtk: mtkId && mtk && { mtkId: mtkId.readUInt16BE(), key: new SecretKey(mtk) },
  }));
}
