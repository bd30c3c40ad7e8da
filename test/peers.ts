import { spawnSync } from 'node:child_process';
import { describe, test } from 'vitest';

/** A program that others wrote and a test needs. */
export interface Peer {
  readonly name: string;
  /** Whether it works on this machine. */
  readonly isThere: () => boolean;
  /** The line that installs it. */
  readonly install: string;
  /** False where a CI machine may forbid it and no line of ours can change that. */
  readonly isDemandedInCi?: boolean;
}

/** What a test does about its peer. */
export type PeerPlan =
  | { readonly kind: 'run' }
  | { readonly kind: 'skip'; readonly why: string }
  | { readonly kind: 'fail'; readonly why: string };

/** Skips a missing peer on a developer’s machine and fails in CI. Both name the peer and what installs it. */
export function planFor(peer: Peer, isCi = isTrue(process.env.CI)): PeerPlan {
  if (peer.isThere()) return { kind: 'run' };
  const why = `${peer.name} is missing: ${peer.install}`;
  return { kind: isCi && peer.isDemandedInCi !== false ? 'fail' : 'skip', why };
}

/** A `describe` whose tests need a peer. A missing one shows in the name of the skipped or failed test. */
export function describeWith(peer: Peer, name: string, body: () => void): void {
  const plan = planFor(peer);
  if (plan.kind === 'run') return void describe(name, body);
  if (plan.kind === 'skip') {
    console.log(`skipped: ${name}. ${plan.why}`);
    return void describe.skip(`${name} (${plan.why})`, body);
  }
  test(name, () => {
    throw new Error(plan.why);
  });
}

/** Whether a program runs and ends well. */
export function runs(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
