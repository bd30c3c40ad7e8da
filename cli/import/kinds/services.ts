import * as v from 'valibot';
import { keyDomainIdOfText } from '../../../lib/keys/key-domain-id.ts';
import { parseKeyGroup } from '../../../lib/keys/msk-id.ts';
import type { KeyGroupRef } from '../../../lib/store/key-group/key-group-item.ts';
import { parseServiceId } from '../../../lib/store/registration/service-id.ts';
import { addKeyGroupsToService, type UserService } from '../../../lib/store/registration/user-service.ts';
import { CliError } from '../../errors.ts';
import { checkKeyDomain } from '../../stack.ts';
import { listOf, textAs } from '../fields.ts';
import { type ImportKind, RowError } from '../import-kind.ts';
import { parseFields } from './parse-fields.ts';

const Service = v.object({
  serviceId: textAs(parseServiceId),
  keyGroups: v.pipe(listOf(keyGroupRefOf), v.minLength(1, 'it names at least one Key Group')),
});

/** User Services with their Key Groups. A User Service keeps Key Groups that a file does not name. */
export const SERVICES: ImportKind<UserService> = {
  name: 'services',
  columns: { required: ['serviceId', 'keyGroups'], optional: [] },
  secretColumns: [],
  parse: (fields) => parseFields(Service, fields),
  keyOf: ({ serviceId }) => serviceId,
  atOnce: 100,
  begin: (bmsc) => ({
    check: async ({ keyGroups }) => {
      try {
        for (const { keyDomainId } of keyGroups) checkKeyDomain(bmsc, keyDomainId);
      } catch (error) {
        throw error instanceof CliError ? new RowError(error.message) : error;
      }
    },
    write: async (entries) => {
      const [{ serviceId }] = entries;
      const keyGroups = entries.flatMap((entry) => entry.keyGroups);
      await addKeyGroupsToService(bmsc.store, { serviceId, keyGroups: distinct(keyGroups) });
    },
  }),
};

/** `001-01/0001` or `00f110/0001`. @throws Error */
function keyGroupRefOf(text: string): KeyGroupRef {
  const [domain = '', group = '', ...others] = text.split('/');
  if (group === '' || others.length > 0)
    throw new Error('a Key Group is KEYDOMAIN/KEYGROUP, such as 001-01/0001');
  return { keyDomainId: keyDomainIdOfText(domain), keyGroup: parseKeyGroup(group) };
}

function distinct(keyGroups: readonly KeyGroupRef[]): readonly KeyGroupRef[] {
  return [...new Map(keyGroups.map((ref) => [`${ref.keyDomainId}/${ref.keyGroup}`, ref])).values()];
}
