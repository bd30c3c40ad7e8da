/** Identifiers and keys of GBA and AKMA (TS 33.220, TS 33.501 annex W), and Milenage (TS 35.206). */

export * from './aka.ts';
export * from './akma.ts';
export * from './btid.ts';
export * from './errors.ts';
export * from './impi.ts';
export * from './mbms-keys.ts';
export { MAX_SQN, type MacInput, Milenage, opcOf, type SimKeys } from './milenage.ts';
export * from './naf-id.ts';
export * from './naf-keys.ts';
export * from './realm.ts';
