import { readFileSync } from 'node:fs';

/**
 * Datagrams that the system has dropped at sockets of a UDP port, for their buffers were full: of all sockets
 * that are open now, since each was opened. Linux alone says it.
 * @returns undefined where the system does not say
 */
export function droppedAtPort(port: number): number | undefined {
  const texts = ['/proc/net/udp', '/proc/net/udp6'].flatMap((file) => textOf(file) ?? []);
  if (texts.length === 0) return undefined;
  const name = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = texts
    .flatMap((text) => text.trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '']) => local.endsWith(name));
  return sockets.reduce((sum, columns) => sum + Number(columns.at(-1)), 0);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
