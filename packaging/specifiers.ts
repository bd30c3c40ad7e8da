/**
 * Behind `from`, in `import('…')` and `import.meta.resolve('…')`, and in an import of nothing but the file.
 */
const SPECIFIER =
  /\bfrom (['"])([^'"\n]+)\1;|\bimport(?:\.meta\.resolve)?\((['"])([^'"\n]+)\3\)|^import (['"])([^'"\n]+)\5;/gm;

/** What a compiled file or a declaration imports and exports again, as it is written there. */
export function specifiersIn(text: string): string[] {
  return [...text.matchAll(SPECIFIER)].map(([, , from, , called, , alone]) => from ?? called ?? alone ?? '');
}
