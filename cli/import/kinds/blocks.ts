import * as v from 'valibot';
import { type Impi, parseImpi } from '../../../lib/gba/impi.ts';
import { blockSubscriber } from '../../../lib/store/registration/block.ts';
import { textAs } from '../fields.ts';
import type { ImportKind } from '../import-kind.ts';
import { parseFields } from './parse-fields.ts';

const Block = v.object({ impi: textAs(parseImpi) });

/** Blocked subscribers: each is cut off as `bmsc block` does. An import unblocks nobody. */
export const BLOCKS: ImportKind<{ readonly impi: Impi }> = {
  name: 'blocks',
  columns: { required: ['impi'], optional: [] },
  secretColumns: [],
  parse: (fields) => parseFields(Block, fields),
  keyOf: ({ impi }) => impi,
  atOnce: 100,
  begin: ({ store }) => ({
    check: async () => {},
    write: async ([{ impi }]) => void (await blockSubscriber(store, impi, Date.now())),
  }),
};
