/**
 * The entrance of lib/native: fast implementations behind four ports that have a reference elsewhere. Only
 * functions/key-distribution/native.ts imports it, and only at run time. See README.md.
 */
export { type ChosenBuilder, loadMskBuilder } from './module/load.ts';
export type { BatchTransportOptions } from './udp/batch-transport.ts';
export { type ChosenTransport, openFastestTransport } from './udp/open-transport.ts';
export { bindPortGroup, type PortGroup } from './udp/port-group.ts';
export { loadSystemCalls } from './udp/system-calls.ts';
