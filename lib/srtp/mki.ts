import { type MskId, mskIdOctets } from '../keys/msk-id.ts';

/** The parts of an MKI: of the MSK ID the whole, or its Key Number; then the MTK ID. */
export const MKI_FORMS = ['msk-id+mtk-id', 'key-number+mtk-id'] as const;

/** Which parts an MKI has; which of them the standard has is unverified [M-lo], docs/conformance.md. */
export type MkiForm = (typeof MKI_FORMS)[number];

/** Octets of an MKI. */
export const MKI_LENGTH: Readonly<Record<MkiForm, number>> = { 'msk-id+mtk-id': 6, 'key-number+mtk-id': 4 };

/** The MKI by which a packet names its MTK. */
export function mkiOf(form: MkiForm, { mskId, mtkId }: { mskId: MskId; mtkId: number }): Uint8Array {
  const octets = Buffer.alloc(6);
  octets.set(mskIdOctets(mskId));
  octets.writeUInt16BE(mtkId, 4);
  return Uint8Array.from(octets.subarray(6 - MKI_LENGTH[form]));
}
