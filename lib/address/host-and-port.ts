/** An address and a port as a URI has them: IPv6 in brackets (RFC 3986 §3.2.2). */
export function hostAndPort({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
