import { spawnSync } from 'node:child_process';
import type { Peer } from '../peers.ts';

/** GStreamer with its elements for SRTP and UDP. */
export const GSTREAMER: Peer = {
  name: 'gst-launch-1.0 with srtpdec',
  isThere: () =>
    ['srtpdec', 'udpsrc'].every((element) => spawnSync('gst-inspect-1.0', [element]).status === 0),
  install: 'apt-get install gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad',
};

/** The same, as an encoder. */
export const GSTREAMER_ENCODER: Peer = {
  ...GSTREAMER,
  name: 'gst-launch-1.0 with srtpenc',
  isThere: () =>
    ['srtpenc', 'udpsrc'].every((element) => spawnSync('gst-inspect-1.0', [element]).status === 0),
};
