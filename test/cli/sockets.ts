import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Linux only: processes of a group. */
export function processesOf(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      // The name of the program stands in parentheses and may hold anything; the group is the third field
      // after it.
      const [, , , pgrp] =
        attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ''))?.split(' ') ?? [];
      return Number(pgrp) === group;
    });
}

/**
 * Linux only: local addresses, as hexadecimal digits, of the sockets of processes that listen or take
 * datagrams.
 */
export function boundAddressesOf(pids: readonly number[]): string[] {
  const inodes = new Set(
    pids.flatMap((pid) =>
      (attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []).flatMap((fd) => {
        const inode = /^socket:\[(\d+)\]$/.exec(
          attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '',
        )?.[1];
        return inode === undefined ? [] : [inode];
      }),
    ),
  );
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    (attempt(() => readFileSync(`/proc/net/${table}`, 'utf8')) ?? '')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , remote, , , , , , , inode]) => /^0+:0000$/.test(remote ?? '') && inodes.has(inode ?? ''))
      .map(([, local = '']) => local),
  );
}

/** A process may end while it is looked at. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
