import { type Peer, runs } from '../peers.ts';

/** Wireshark's dissectors at the command line. */
export const TSHARK: Peer = {
  name: 'tshark',
  isThere: () => runs('tshark', '--version'),
  install: 'apt-get install tshark',
};
