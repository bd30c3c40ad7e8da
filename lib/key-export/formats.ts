/** The forms in which keys are exported. */
export const KEY_FORMATS = ['jwk-set', 'mbs-security-context'] as const;

/** One of them. */
export type KeyFormat = (typeof KEY_FORMATS)[number];
