declare module 'dynalite/db/index.js' {
  type Item = Record<string, Record<string, unknown>>;
  export function mapPaths(paths: unknown[], item: Item): Item;
  export function itemSize(item: Item): number;
}
declare module 'dynalite/validations/index.js' {
  /** Adds the parsed expressions to the request. @returns what is wrong with them */
  export function validateExpressions(request: object): string | undefined;
}
declare module 'dynalite/actions/*' {
  const action: (
    store: unknown,
    request: object,
    done: (error: (Error & { body?: { __type: string; message?: string } }) | null, answer?: object) => void,
  ) => void;
  export default action;
}
