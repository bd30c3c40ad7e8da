import { loadMskBuilder } from './load.ts';

/** Compiles the batch builder once after installation, so that no sender has to at its start. */
const { kind, reason } = await loadMskBuilder();
if (reason !== undefined) process.stderr.write(`batch builder: ${kind}, for ${reason}\n`);
