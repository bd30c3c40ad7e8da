import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { UsageError } from './errors.ts';

/** What a person's configuration file says where neither an option nor the environment does. */
const Config = v.strictObject({
  stack: v.optional(v.pipe(v.string(), v.nonEmpty())),
  endpointUrl: v.optional(v.pipe(v.string(), v.url())),
  region: v.optional(v.pipe(v.string(), v.nonEmpty())),
  profile: v.optional(v.pipe(v.string(), v.nonEmpty())),
});
export type Config = v.InferOutput<typeof Config>;

/** `bmsc/config.json` in XDG_CONFIG_HOME, which is ~/.config unless it is set. */
export function configFile(): string {
  const { XDG_CONFIG_HOME } = process.env;
  const folder = XDG_CONFIG_HOME || join(homedir(), '.config');
  return join(folder, 'bmsc', 'config.json');
}

/** The configuration; empty without a file. @throws UsageError for a file that can't be used */
export function readConfig(file = configFile()): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return {};
    throw new UsageError(`can't read ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  const parsed = v.safeParse(Config, objectOf(text, file));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  const known = `it may have ${Object.keys(Config.entries).join(', ')}`;
  throw new UsageError(`${file}: ${path ?? 'the whole'}: ${issue.message}; ${known}`);
}

function objectOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${file} is no JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
