import {
  type BootstrappingInfoAnswer,
  type BootstrappingInfoRequest,
  EXPERIMENTAL_RESULT_CODE,
  VENDOR,
} from '../../lib/diameter/index.ts';
import { GSID_MBMS } from '../../lib/gba/gsid.ts';
import type { BsfSessions } from './sessions.ts';

/** Octets of a Ua security protocol identifier, the end of a NAF_Id. */
const PROTOCOL_ID_LENGTH = 5;

/** What a BSF answers on Zn (TS 29.109 §5.2). */
export function znAnswer(sessions: BsfSessions, request: BootstrappingInfoRequest): BootstrappingInfoAnswer {
  const { bTid, nafId, gsIds, isGbaUAware } = request;
  const nafFqdn = Buffer.from(nafId.subarray(0, -PROTOCOL_ID_LENGTH)).toString('latin1');
  const verdict = sessions.ask({ btid: bTid, nafFqdn, nafId, isGbaUAware });
  if (verdict.kind !== 'found') {
    const { NOT_AUTHORIZED, TRANSACTION_IDENTIFIER_INVALID } = EXPERIMENTAL_RESULT_CODE;
    const code = verdict.kind === 'unknown' ? TRANSACTION_IDENTIFIER_INVALID : NOT_AUTHORIZED;
    return { kind: 'refused', result: { kind: 'experimental', vendor: VENDOR['3GPP'], code } };
  }
  const { session, meKeyMaterial, uiccKeyMaterial } = verdict.answer;
  const { impi, keyChoice } = session.subscriber;
  const uss = { gsId: GSID_MBMS, gsType: GSID_MBMS, ueIds: [impi], keyChoice };
  return {
    kind: 'found',
    info: {
      impi,
      meKeyMaterial,
      uiccKeyMaterial,
      expiresAt: session.expiresAt,
      bootstrappedAt: session.bootstrappedAt,
      gbaType: undefined,
      userSecuritySettings: keyChoice !== undefined && gsIds.includes(GSID_MBMS) ? [uss] : [],
    },
  };
}
