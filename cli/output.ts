import { styleText } from 'node:util';
import type { OutputConfiguration } from 'commander';
import { nearestTo } from './suggestion.ts';

/** Prints what a command did: one readable line, or one JSON object a line. */
export type Print = (text: string, fields: Readonly<Record<string, unknown>>) => void;

/** Prints to standard output: with `json` the fields, else the text. */
export function createPrint(json: boolean | undefined): Print {
  return (text, fields) => void process.stdout.write(`${json ? JSON.stringify(fields) : text}\n`);
}

/** Whether arguments ask for JSON, before they are parsed: an error in them is then JSON, too. */
export function asksForJson(args: readonly string[]): boolean {
  return args.some(
    (arg, index) =>
      arg === '--json' || arg === '--output=json' || (arg === 'json' && args[index - 1] === '--output'),
  );
}

/**
 * A time for a person: in the time zone of the machine, or of the environment variable TZ, with its offset.
 * JSON has times in ISO 8601. `time` is ms since the epoch.
 */
export function formatTime(time: number): string {
  const parts = new Map(TIME_FORMAT.formatToParts(time).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  const date = `${of('year')}-${of('month')}-${of('day')}`;
  const zone = of('timeZoneName').replace('GMT', 'UTC').replace(/\+0$/, '');
  return `${date} ${of('hour')}:${of('minute')}:${of('second')} ${zone}`;
}

const TIME_FORMAT = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'shortOffset',
});

/** What a colour says: it is well, look at it, it is wrong, it matters less. */
const COLOURS = { good: 'green', warning: 'yellow', bad: 'red', minor: 'gray' } as const;

/** Text for standard output, or another stream, in colour: at a terminal alone, and not with NO_COLOR. */
export function colour(meaning: keyof typeof COLOURS, text: string, stream = process.stdout): string {
  return styleText(COLOURS[meaning], text, { stream });
}

/**
 * Commander's messages about wrong arguments repeat them, and an argument may be a key in the wrong position:
 * a run of 16 hexadecimal digits or more, half of the shortest key, is not repeated.
 */
export const WITHOUT_KEYS: OutputConfiguration = {
  outputError: (text, write) => write(withoutKeys(withSuggestion(text))),
};

/** The same as one JSON object. */
export const WITHOUT_KEYS_AS_JSON: OutputConfiguration = {
  outputError: (text, write) => {
    const message = withoutKeys(
      withSuggestion(text)
        .trim()
        .replace(/^error: /, ''),
    );
    write(`${JSON.stringify({ error: { code: 'usage', message } })}\n`);
  },
};

function withoutKeys(text: string): string {
  return text.replace(/[0-9a-f]{16,}/gi, '…');
}

/** Commander names the command or the option that was meant; for a value this does. */
function withSuggestion(text: string): string {
  const [, word = '', list = ''] =
    /argument '([^']*)' is invalid.* Allowed choices are (.*)\./.exec(text) ?? [];
  const meant = nearestTo(word, list.split(', '));
  return meant === undefined || list === '' ? text : `${text.trimEnd()}\n(Did you mean ${meant}?)\n`;
}
