import { optionalNumberOf } from '../attributes.ts';
import { updateIf } from '../conditional-write.ts';
import { trafficTurnKey } from '../item-keys.ts';
import { getItem, type Table } from '../table.ts';

/** Whose turn it is to send the MTKs of a User Service. */
export interface Turn {
  /** The instance that sends; undefined: none has yet. */
  readonly holder: string | undefined;
  /** Grows each time that the holder says that it is still there; 0 before the first time. */
  readonly version: number;
}

/** Reads whose turn it is. */
export async function loadTurn(table: Table, name: string): Promise<Turn> {
  const item = (await getItem(table, trafficTurnKey(name))) ?? {};
  return { holder: item.holder?.S, version: optionalNumberOf(item, 'version') ?? 0 };
}

/**
 * Takes the turn, or keeps it, on condition that nobody else did anything since it was read as `before`.
 * @returns whether it did
 */
export function takeTurn(table: Table, name: string, holder: string, before: Turn): Promise<boolean> {
  return updateIf(table, trafficTurnKey(name), {
    update: 'SET holder = :holder, version = :next',
    condition: before.version === 0 ? 'attribute_not_exists(version)' : 'version = :version',
    values: {
      ':holder': { S: holder },
      ':next': { N: String(before.version + 1) },
      ...(before.version > 0 && { ':version': { N: String(before.version) } }),
    },
  });
}
