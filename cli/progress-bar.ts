const BAR_WIDTH = 30;

/** A bar and its percentage. `share` is from 0 to 1; undefined: nobody knows. */
export function progressBar(share: number | undefined): string {
  const filled = Math.round((share ?? 0) * BAR_WIDTH);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
  const percent = share === undefined ? ' ?? %' : `${Math.floor(share * 100)} %`.padStart(5);
  return `${bar} ${percent}`;
}

/** `7 s`, `3 min 7 s`, `2 h 3 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Things a second. */
export function formatRate(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
}
