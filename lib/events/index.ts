/** The events of the bus: their contracts, and how they are made, checked and parsed. */

export { CommandSources, OWN_COMMAND_SOURCE } from './command-sources.ts';
export * from './contracts.ts';
export * from './envelope.ts';
export { EventError, type EventErrorCode } from './errors.ts';
export { type EventMetadata, eventMetadata, stepKey } from './metadata.ts';
