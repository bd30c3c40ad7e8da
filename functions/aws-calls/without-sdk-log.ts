/**
 * Takes the SDK's own logging from a client. Nobody reads that log, but for each call the SDK copies input
 * and output without sensitive fields for it, about half of what a read of 100 items costs.
 */
export function withoutSdkLog<
  Client extends { readonly middlewareStack: { removeByTag: (tag: string) => boolean } },
>(client: Client): Client {
  client.middlewareStack.removeByTag('LOGGER');
  return client;
}
