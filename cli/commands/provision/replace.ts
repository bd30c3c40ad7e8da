import { StoreError } from '../../../lib/store/errors.ts';
import { CliError } from '../../errors.ts';

/** Says how to replace what is stored already. @throws CliError, or any other error as it is */
export function explainExisting(error: unknown): never {
  if (error instanceof StoreError && error.code === 'exists')
    throw new CliError(`${error.message}; nothing was written: give --replace to replace it`, {
      cause: error,
    });
  throw error;
}
