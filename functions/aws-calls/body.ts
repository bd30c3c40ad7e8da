import type { Readable } from 'node:stream';

/**
 * The octets of an answer's body, as the SDK's own collector gives them, without a stream between. An error
 * of the stream is thrown.
 */
export function collectBody(stream: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    stream.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    stream.once('end', () => {
      const [only, ...more] = chunks;
      resolve(only !== undefined && more.length === 0 ? only : Buffer.concat(chunks));
    });
    stream.once('error', reject);
  });
}
