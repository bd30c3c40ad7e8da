/** Identifiers and keys of MBMS (TS 33.246 §6.3.2.1); a key can't be printed by accident. */

export * from './errors.ts';
export * from './key-domain-id.ts';
export { MSK_LENGTH, newMsk } from './msk-generation.ts';
export * from './msk-id.ts';
export { randOfMsk } from './msk-rand.ts';
export * from './msk-validity.ts';
export * from './secret-key.ts';
