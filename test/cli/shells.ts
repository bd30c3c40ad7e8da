import { type Peer, runs } from '../peers.ts';

// The shells for which `bmsc completion` has a script.

export const BASH: Peer = {
  name: 'bash',
  isThere: () => runs('bash', '-c', 'true'),
  install: 'apt-get install bash',
};
export const ZSH: Peer = {
  name: 'zsh',
  isThere: () => runs('zsh', '-c', 'true'),
  install: 'apt-get install zsh',
};
export const FISH: Peer = {
  name: 'fish',
  isThere: () => runs('fish', '-c', 'true'),
  install: 'apt-get install fish',
};
