import { packetsOfFrame } from './test-picture.ts';
import type { Viewer } from './viewer.ts';
import type { Wire } from './wire.ts';

/** The UEs of the demonstration, and what anybody sees. */
export interface Watching {
  readonly player: Viewer;
  readonly leaver: Viewer;
  readonly stranger: Viewer;
  readonly wire: Wire;
}

/** Frames of the stream, from the first that went out whole. */
export interface Comparison {
  readonly frames: number;
  /** Of them, not all packets of which went out: lost before they were protected. */
  readonly unsent: number;
  /** Of those that went out, those that the player has as they were sent. */
  readonly played: number;
  /** Numbers of those that it has not. */
  readonly missing: readonly number[];
  /** Frames that went out under the first MSK alone, and those of them that the blocked UE has. */
  readonly before: number;
  readonly leaverBefore: number;
  readonly leaverMissing: readonly number[];
  /** Packets under the next MSK, and those of them that the blocked UE has. */
  readonly after: number;
  readonly leaverAfter: number;
  /** Packets that the UE without an MSK has. */
  readonly stranger: number;
}

/** Compares what each played with what went out, for frames below `end`. */
export function compareFrames({ player, leaver, stranger, wire }: Watching, end: number): Comparison {
  const whole = packetsOfFrame(0).length;
  const under = (keyNumber: number, frame: number) => wire.packetsUnder(keyNumber, frame);
  const isSent = (frame: number) => under(1, frame) + under(2, frame) === whole;
  const all = Array.from({ length: end }, (_, frame) => frame);
  const frames = all.slice(Math.max(0, all.findIndex(isSent)));
  const sent = frames.filter(isSent);
  const missing = sent.filter((frame) => player.packetsOf(frame) < whole);
  const before = sent.filter((frame) => under(1, frame) === whole);
  const leaverMissing = before.filter((frame) => leaver.packetsOf(frame) < whole);
  const after = sent.filter((frame) => under(2, frame) === whole);
  return {
    frames: frames.length,
    unsent: frames.length - sent.length,
    played: sent.length - missing.length,
    missing,
    before: before.length,
    leaverBefore: before.length - leaverMissing.length,
    leaverMissing,
    after: after.length,
    leaverAfter: after.filter((frame) => leaver.packetsOf(frame) > 0).length,
    stranger: stranger.packets,
  };
}

/** Whether nothing was lost, and nobody played what was not for it. */
export function isGood(compared: Comparison): boolean {
  const { frames, unsent, played, before, leaverBefore, after, leaverAfter, stranger } = compared;
  const isComplete = unsent === 0 && played === frames && leaverBefore === before;
  return isComplete && before > 0 && after > 0 && leaverAfter === 0 && stranger === 0;
}
