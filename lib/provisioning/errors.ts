import { CodedError } from '../coded-error.ts';
import type { ProvisioningRefusal } from './context.ts';

/** A request that can't succeed however often it comes. */
export class ProvisioningRefused extends CodedError<ProvisioningRefusal> {
  override readonly name = 'ProvisioningRefused';
}
