/**
 * Splits `entries` into batches of up to `size` in order; the last one may be smaller. No entries give no
 * batches.
 * @param size at least 1
 */
export function batches<T>(entries: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(entries.length / size) }, (_, index) =>
    entries.slice(index * size, (index + 1) * size),
  );
}
