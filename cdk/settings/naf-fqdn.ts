/** Domains of examples: those of 3GPP's specifications, and those that RFC 2606 and RFC 6761 set aside. */
const EXAMPLES = [
  'home1.net',
  'home2.net',
  'example',
  'example.com',
  'example.net',
  'example.org',
  'invalid',
  'localhost',
  'test',
];

/**
 * Whether a name is one that no BM-SC can have: its UEs derive their keys and the realm from the real one,
 * and would all be refused.
 */
export function isExampleFqdn(fqdn: string): boolean {
  const name = fqdn.toLowerCase();
  return EXAMPLES.some((domain) => name === domain || name.endsWith(`.${domain}`));
}
