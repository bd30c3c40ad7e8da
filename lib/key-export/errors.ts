import { CodedError } from '../coded-error.ts';
import type { EventInput } from '../events/contracts.ts';

/** Why an export is refused. */
export type KeyExportRefusal = EventInput<'Key Export Refused'>['reason'];

/** A request for keys that is not granted: nothing was exported. */
export class KeyExportRefused extends CodedError<KeyExportRefusal> {
  override readonly name = 'KeyExportRefused';
}
