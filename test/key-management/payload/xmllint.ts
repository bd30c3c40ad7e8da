import { type Peer, runs } from '../../peers.ts';

/** The validator of libxml2. */
export const XMLLINT: Peer = {
  name: 'xmllint',
  isThere: () => runs('xmllint', '--version'),
  install: 'apt-get install libxml2-utils',
};
