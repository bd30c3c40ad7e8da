/** A promise, and what settles it. */
export interface WithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason: unknown) => void;
}

/** As `Promise.withResolvers`, which Node 20 does not have. */
export function withResolvers<T>(): WithResolvers<T> {
  let settle: Omit<WithResolvers<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === undefined) throw new Error('never: a promise runs its executor at once');
  return { promise, ...settle };
}
