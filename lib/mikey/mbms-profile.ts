import { ID_TYPE } from './constants.ts';

/**
 * The choices of this project where the text of TS 33.246 §6.4 could not be checked. Each has its mark, and a
 * row in docs/conformance.md.
 */
export const MBMS_PROFILE = {
  /**
   * [M-hi] IDi is the NAF_Id of the BM-SC; its ID type is a project choice: URI. On receipt only the data
   * counts.
   */
  idiType: ID_TYPE.URI,
  /** [M-hi] IDr is the B-TID of the UE, a NAI. */
  idrType: ID_TYPE.NAI,
  /** [M-lo] The MSK is carried as a TGK; a TEK is accepted. */
  mskKeyType: 'TGK',
  mskKeyTypesAccepted: ['TGK', 'TEK'],
  /** [M-hi] Octets of an MSK. */
  mskLength: 16,
  /** [M-hi] Octets of an MTK. */
  mtkLength: 16,
  /** [D] Octets of each end of the validity interval: those of an MTK ID; 1 to 4 are accepted. */
  validityLength: 2,
  validityLengthsAccepted: [1, 2, 3, 4],
  /** [D] Octets of the counter in the MAC of a verification message: as carried, not padded. */
  verificationMacCounter: 'as-carried',
} as const;
