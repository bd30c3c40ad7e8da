import { readFileSync } from 'node:fs';

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** The part of V8's CPU profile that is read here. */
interface CpuProfile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  /** Time before each sample, in µs. */
  readonly timeDeltas: readonly number[];
}

/** Where a process spent its time. */
export interface Profile {
  /** In all, without waiting, in ms. */
  readonly busyMs: number;
  /** The functions that took most of it themselves, without their callees, heaviest first. */
  readonly heaviest: readonly { readonly name: string; readonly selfMs: number }[];
}

/** Not work of the process, and what the profiler itself takes. */
const NOT_COUNTED = new Set(['(idle)', '(root)', '(program)', 'post node:inspector']);
const HEAVIEST = 10;
const CALLERS_OF_SYSTEM = /\/lib\/native\/udp\//;

/** @returns what a CPU profile of V8 holds, in a file */
export function profileOf(file: string): Profile {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  // V8 has any name for a function of the system that is called through koffi.
  const called = nodes.filter(({ callFrame }) => CALLERS_OF_SYSTEM.test(callFrame.url));
  const isNative = ({ url, functionName }: Node['callFrame']) => url === '' && !functionName.startsWith('(');
  const native = new Set(nodes.flatMap(({ id, callFrame }) => (isNative(callFrame) ? [id] : [])));
  for (const { children = [] } of called)
    for (const id of children) if (native.has(id)) names.set(id, 'system calls of UDP');
  const totals = new Map<string, number>();
  for (const [index, node] of samples.entries()) {
    const name = names.get(node) ?? '';
    if (!NOT_COUNTED.has(name)) totals.set(name, (totals.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  const all = [...totals].map(([name, selfMs]) => ({ name, selfMs }));
  all.sort((one, other) => other.selfMs - one.selfMs);
  return { busyMs: all.reduce((sum, { selfMs }) => sum + selfMs, 0), heaviest: all.slice(0, HEAVIEST) };
}

/** Its name, and the file or package that it stands in. */
function nameOf({ functionName, url }: Node['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const ofPackage = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  const ofOurs = /\/((?:functions|lib|test)\/.*)$/.exec(url)?.[1];
  return `${name} ${ofPackage ?? ofOurs ?? url}`;
}
