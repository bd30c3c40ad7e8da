import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SecretKey } from '../../lib/keys/secret-key.ts';
import { freePort } from '../free-port.ts';
import { DEFAULT_HOST } from '../host.ts';
import type { Synthesis } from '../synthesis.ts';
import { type CapturedSession, captureSession } from './session.ts';

/** The dissector of what Wireshark lacks. */
export const DISSECTOR = join(import.meta.dirname, 'mbms-mikey.lua');

/**
 * Records a session and writes it with its keys and the dissector into a folder, which is made if need be.
 * The session's keys are random and good for nothing else.
 * @returns the paths of the files
 */
export async function writeCaptures(destination: string, synthesis?: Synthesis): Promise<string[]> {
  const ports = { http: await freePort(DEFAULT_HOST), endpoint: await freePort(DEFAULT_HOST), udp: 0 };
  const session = await captureSession(ports, synthesis);
  const folder = resolve(destination);
  mkdirSync(folder, { recursive: true });
  const path = (name: string) => join(folder, name);
  writeFileSync(path('session.pcapng'), session.pcapng);
  writeFileSync(path('session.keys'), keysOf(session), { mode: 0o600 });
  copyFileSync(DISSECTOR, path('mbms-mikey.lua'));
  return ['session.pcapng', 'session.keys', 'mbms-mikey.lua'].map(path);
}

/**
 * A line for each key: `muk`, IDr and the key; `msk`, Key Domain ID and MSK ID, the RAND of its message, and
 * the key; `mtk`, the MKI, the key and its salt, for SRTP;
 * octets in hexadecimal. Whoever holds the file can read the capture.
 */
function keysOf({ association, msks, mtk }: CapturedSession): string {
  const hex = (key: SecretKey) => Buffer.from(key.exposeOctets()).toString('hex');
  const number = (value: number) => value.toString(16).padStart(4, '0');
  const lines = [
    '# Keys of session.pcapng, for mbms-mikey.lua: random, and for this capture alone.',
    `muk ${Buffer.from(association.btid).toString('hex')} ${hex(association.muk)}`,
    `# MRK, the Digest password in Base64: ${Buffer.from(association.mrk.exposeOctets()).toString('base64')}`,
    ...msks.map(({ keyDomainId, mskId, rand, msk }) => {
      const id = `${keyDomainId}${number(mskId.keyGroup)}${number(mskId.keyNumber)}`;
      return `msk ${id} ${Buffer.from(rand).toString('hex')} ${hex(msk)}`;
    }),
    `mtk ${Buffer.from(mtk.mki).toString('hex')} ${hex(mtk.mtk)} ${hex(mtk.salt)}`,
  ];
  return `${lines.join('\n')}\n`;
}
