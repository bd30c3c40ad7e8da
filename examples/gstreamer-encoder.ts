import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

/** Where plain RTP is taken, where SRTP goes, and the socket that has keys. */
interface Places {
  readonly handOver: string;
  readonly rtp: URL;
  readonly srtp: URL;
}

/** What of a line of the hand-over the encoder needs. */
interface Key {
  readonly mki: string;
  /** Base64: 16 octets, and 14 or none. */
  readonly mtk: string;
  readonly salt?: string;
}

/** GStreamer takes the master key and the salt behind it as one, in hexadecimal. */
function masterKeyOf({ mtk, salt }: Key): string {
  const octets = [
    Buffer.from(mtk, 'base64'),
    salt === undefined ? Buffer.alloc(14) : Buffer.from(salt, 'base64'),
  ];
  return Buffer.concat(octets).toString('hex');
}

/**
 * An encoder that encrypts itself: `srtpenc` of GStreamer, with the MTK that the traffic key service hands
 * over. `gst-launch-1.0` can't change a key while it runs, so each MTK has a pipeline of its own; packets
 * between two are lost. A program that links GStreamer sets `key` and `mki` of the running element instead.
 */
class Encoder {
  readonly #places: Places;
  #pipeline: ChildProcess | undefined;

  constructor(places: Places) {
    this.#places = places;
  }

  use(key: Key): void {
    this.stop();
    const { rtp, srtp } = this.#places;
    const caps = 'application/x-rtp, media=(string)video, clock-rate=(int)90000, encoding-name=(string)H264';
    const source = ['udpsrc', `address=${hostOf(rtp)}`, `port=${rtp.port}`, `caps=${caps}`];
    const suite = [
      'rtp-cipher=aes-128-icm',
      'rtp-auth=hmac-sha1-80',
      'rtcp-cipher=aes-128-icm',
      'rtcp-auth=hmac-sha1-80',
    ];
    const encrypt = ['srtpenc', `key=${masterKeyOf(key)}`, `mki=${key.mki}`, ...suite];
    const sink = ['udpsink', `host=${hostOf(srtp)}`, `port=${srtp.port}`, 'sync=false', 'async=false'];
    this.#pipeline = spawn('gst-launch-1.0', ['-q', ...source, '!', ...encrypt, '!', ...sink], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    process.stdout.write(`protects with MKI ${key.mki}\n`);
  }

  /** Nothing goes out without a key. */
  stop(): void {
    this.#pipeline?.kill('SIGKILL');
    this.#pipeline = undefined;
  }
}

const hostOf = ({ hostname }: URL) => hostname.replace(/^\[|\]$/g, '');

/** Follows the hand-over until it ends, and connects again then: the service, or its turn, may be gone. */
function follow(places: Places, encoder: Encoder): void {
  const socket = connect(places.handOver);
  createInterface({ input: socket }).on('line', (line) => {
    const told: { readonly state: string } & Key = JSON.parse(line);
    if (told.state === 'use') encoder.use(told);
    if (told.state === 'stop') encoder.stop();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    encoder.stop();
    setTimeout(() => follow(places, encoder), 1000);
  });
}

const { values } = parseArgs({
  options: { 'hand-over': { type: 'string' }, rtp: { type: 'string' }, srtp: { type: 'string' } },
});
const { 'hand-over': handOver, rtp, srtp } = values;
if (handOver === undefined || rtp === undefined || srtp === undefined)
  throw new Error('give --hand-over <path> --rtp <address:port> --srtp <address:port>');
const places = { handOver, rtp: new URL(`udp://${rtp}`), srtp: new URL(`udp://${srtp}`) };
const encoder = new Encoder(places);
process.on('SIGTERM', () => {
  encoder.stop();
  process.exit();
});
follow(places, encoder);
