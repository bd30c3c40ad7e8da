import { formatMskId, type MskId } from '../keys/msk-id.ts';
import type { SecretKey } from '../keys/secret-key.ts';
import { encodeMbsSecurityContext, type MbsKeyInfo } from '../mbs/security-context.ts';
import type { ExportedKeys } from './exported-keys.ts';
import type { KeyFormat } from './formats.ts';

/** What stands in each, as the header of a JWE names it (RFC 7515 §4.1.10). */
export const CONTENT_TYPE: Readonly<Record<KeyFormat, string>> = {
  'jwk-set': 'jwk-set+json',
  'mbs-security-context': 'json',
};

/** Keys in one of the forms. They stand in it in clear: it is to be wrapped at once. */
export function encodeKeys(keys: ExportedKeys, format: KeyFormat): Uint8Array {
  if (format === 'mbs-security-context') return encodeMbsSecurityContext(mbsKeyInfosOf(keys));
  return Buffer.from(JSON.stringify(jwkSetOf(keys)));
}

/** The entries of an MBS security context: an MTK stands with the MSK that it is sent under. */
export function mbsKeyInfosOf({ keyDomainId, keyGroup, msks, mtks }: ExportedKeys): readonly MbsKeyInfo[] {
  return msks.flatMap(({ keyNumber, msk }): MbsKeyInfo[] => {
    const mskInfo = {
      keyDomainId,
      mskId: { keyGroup, keyNumber },
      msk,
      mskLifetime: undefined,
      mtk: undefined,
    };
    const under = mtks.filter(({ mskId }) => mskId.keyNumber === keyNumber);
    if (under.length === 0) return [mskInfo];
    return under.map(({ mtkId, mtk }) => ({ ...mskInfo, mtk: { mtkId, key: mtk } }));
  });
}

/**
 * A JWK Set (RFC 7517 §5) of symmetric keys (RFC 7518 §6.4). `kid` is Key Domain ID and MSK ID, and the MTK
 * ID of an MTK; members that JWK does not have say what the key is for.
 */
function jwkSetOf({ keyDomainId, keyGroup, msks, mtks }: ExportedKeys): object {
  const kidOf = (mskId: MskId) => `${keyDomainId}/${formatMskId(mskId)}`;
  return {
    keys: [
      ...msks.map(({ keyNumber, msk, validity, state, activateAt }) => ({
        kty: 'oct',
        kid: kidOf({ keyGroup, keyNumber }),
        k: base64UrlOf(msk),
        mbms: 'msk',
        state,
        ...(activateAt === undefined ? {} : { activateAt: new Date(activateAt).toISOString() }),
        ...validity,
      })),
      ...mtks.map(({ mskId, mtkId, mtk, salt, state }) => ({
        kty: 'oct',
        kid: `${kidOf(mskId)}/${mtkId}`,
        k: base64UrlOf(mtk),
        mbms: 'mtk',
        state,
        mtkId,
        ...(salt === undefined ? {} : { salt: base64UrlOf(salt) }),
      })),
    ],
  };
}

function base64UrlOf(key: SecretKey): string {
  return Buffer.from(key.exposeOctets()).toString('base64url');
}
