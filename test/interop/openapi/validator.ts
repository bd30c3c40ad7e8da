import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Peer, runs } from '../../peers.ts';

const LOCAL = join(import.meta.dirname, '../../../.local');
const PYTHON = join(LOCAL, 'openapi-core/bin/python');
const FOLDER = join(LOCAL, 'openapi');
const script = (name: string) => join(import.meta.dirname, `${name}.py`);

/** openapi-core, with the documents as 3GPP published them. */
export const OPENAPI: Peer = {
  name: "openapi-core with 3GPP's documents",
  isThere: () =>
    runs(PYTHON, '-c', 'import openapi_core') && runs(PYTHON, script('documents'), FOLDER, '--check'),
  install:
    'python3 -m venv .local/openapi-core && .local/openapi-core/bin/pip install openapi-core==0.23.1 && ' +
    'python3 test/interop/openapi/documents.py .local/openapi',
  // Their licence keeps the documents out of this repository, and a CI machine may not reach the place.
  isDemandedInCi: false,
};

/** A request, its answer, and the document that both are to follow. */
export interface Exchange {
  readonly document: string;
  /** Of a callback: the path whose subscription it belongs to, and its name; `path` is /callback then. */
  readonly callback?: readonly [of: string, name: string];
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly answer: {
    readonly status: number;
    readonly body: string;
    /** Media type; JSON without it. */
    readonly type?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** What is wrong with each exchange, null for nothing. */
export function faultsOf(exchanges: readonly Exchange[]): (string | null)[] {
  const input = JSON.stringify(exchanges);
  return JSON.parse(execFileSync(PYTHON, [script('validate'), FOLDER], { input, encoding: 'utf8' }));
}
