import type { AuthScheme, RequestSigner } from '@smithy/types';
import { collectBody } from './body.ts';
import { SigningSha256 } from './signing-sha256.ts';

/** What the clients do for each call in a cheaper way, by settings that the SDK has. */
export const SHARED = {
  /** The chain of middleware of a command is made once. */
  cacheMiddleware: true,
  sha256: SigningSha256,
  streamCollector: collectBody,
};

/** The SDK makes a signer for each request, though all are the same. */
export function withOneSigner<Client extends { readonly config: { signer: Signing } }>(
  client: Client,
): Client {
  const { config } = client;
  const { signer: make } = config;
  let made: ReturnType<Signing> | undefined;
  config.signer = (scheme) => {
    made ??= make(scheme).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  return client;
}

type Signing = (scheme?: AuthScheme) => Promise<RequestSigner>;
