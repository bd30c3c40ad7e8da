/**
 * Decoders under the fuzzer, each a file in `targets/`, and the least share of their files that 2000 inputs
 * must reach.
 */
export const TARGETS = {
  mikey: 0.75,
  'mikey-authentic': 0.8,
  diameter: 0.8,
  'sbi-bodies': 0.8,
  digest: 0.8,
  /** Branches of other profiles are for the next one. */
  'xml-payloads': 0.74,
  'payload-profiles': 0.77,
  captures: 0.85,
  'front-door': 0.8,
  'bus-events': 0.8,
  /** Writers stand beside the readers. */
  'table-items': 0.31,
} as const;
