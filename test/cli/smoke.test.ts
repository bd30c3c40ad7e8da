import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type DeployedFunction,
  provisionUe,
  startDeployedFunction,
} from '../front-door/deployed-function.ts';
import type { Gateway, WireAnswer, WireRequest } from '../front-door/gateways/gateway.ts';
import { serve } from '../front-door/gateways/gateway.ts';
import { startHttpApi } from '../front-door/gateways/http-api.ts';
import { keyFile } from './key-file.ts';

let deployed: DeployedFunction;
let credentials: string[];
let api: Gateway;
const open: Gateway[] = [];

beforeAll(async () => {
  deployed = await startDeployedFunction();
  const { btid, ksNaf } = await provisionUe(deployed.store, 'urn:example:smoke');
  const hex = Buffer.from(ksNaf.exposeOctets()).toString('hex');
  credentials = ['--b-tid', btid, '--ks-naf', keyFile(hex)];
  api = await startHttpApi(deployed.plain);
  open.push(api);
});
afterAll(async () => {
  for (const gateway of open) await gateway.close();
  await deployed?.system.close();
});

/** Runs the script; `code` is its exit code. */
function smoke(...args: readonly string[]): Promise<{ code: number; text: string; lines: string[] }> {
  return new Promise((resolve) => {
    const program = join(import.meta.dirname, '../../cli/smoke/main.ts');
    execFile(process.execPath, [program, ...args], (error, stdout, stderr) => {
      const text = stdout + stderr;
      const code = typeof error?.code === 'number' ? error.code : 0;
      resolve({ code, text, lines: text.trim().split('\n') });
    });
  });
}

/** Something between UE and gateway that changes requests or answers. */
async function interposed(change: {
  readonly request?: (request: WireRequest) => WireRequest;
  readonly answer?: (answer: WireAnswer) => WireAnswer;
  readonly instead?: () => WireAnswer | undefined;
}): Promise<string> {
  const gateway = await serve(async (received) => {
    const instead = change.instead?.();
    if (instead !== undefined) return instead;
    const { method, path, query, headers, body } = change.request?.(received) ?? received;
    const kept = headers.filter(([name]) => !/^(connection|content-length)$/i.test(name));
    const response = await fetch(`${api.url}${path}?${query}`, {
      method,
      headers: kept.map(([name, value]): [string, string] => [name, value]),
      body: Uint8Array.from(body),
    });
    const answered = {
      status: response.status,
      headers: [...response.headers].filter(
        ([name]) => !/^(connection|transfer-encoding|keep-alive)$/.test(name),
      ),
      body: Buffer.from(await response.arrayBuffer()),
    };
    return change.answer?.(answered) ?? answered;
  });
  open.push(gateway);
  return `${gateway.url}/keymanagement`;
}

const without = (answer: WireAnswer, name: string): WireAnswer => ({
  ...answer,
  headers: answer.headers.filter(([each]) => each !== name),
});

test('a sound deployment has no fault, with an association and without', async () => {
  const all = await smoke('--url', `${api.url}/keymanagement`, ...credentials);
  expect(all.text).not.toContain('FAULT');
  expect(all.lines.at(-1)).toBe('12 checks, 0 fault(s)');
  expect(all.code).toBe(0);
  const some = await smoke('--url', `${api.url}/keymanagement`);
  expect(some.lines.at(-1)).toMatch(/^4 checks, 0 fault\(s\); with --b-tid/);
  expect(some.code).toBe(0);
});

test('each line is an object with --json, and none holds a key', async () => {
  const { lines, text } = await smoke('--url', `${api.url}/keymanagement`, ...credentials, '--json');
  expect(lines.map((line): unknown => JSON.parse(line)).at(-1)).toEqual({
    checks: 12,
    faults: 0,
    partial: false,
  });
  expect(text).not.toContain(credentials[3]);
});

test.each([
  [
    'renames the challenge',
    {
      answer: (answer: WireAnswer) => ({
        ...answer,
        headers: answer.headers.map(
          ([name, value]) => [name === 'www-authenticate' ? `x-amzn-remapped-${name}` : name, value] as const,
        ),
      }),
    },
    'is this a REST API or a Function URL',
  ],
  [
    'drops the challenge',
    { answer: (answer: WireAnswer) => without(answer, 'www-authenticate') },
    'something on the way drops WWW-Authenticate',
  ],
  [
    'drops Authentication-Info',
    { answer: (answer: WireAnswer) => without(answer, 'authentication-info') },
    'something on the way drops Authentication-Info',
  ],
  [
    "changes the answer's body",
    {
      answer: (answer: WireAnswer) =>
        answer.status === 200 ? { ...answer, body: Buffer.concat([answer.body, Buffer.from('\n')]) } : answer,
    },
    "the octets of the answer's body are changed",
  ],
  [
    "changes the request's body",
    {
      request: (request: WireRequest) => ({
        ...request,
        body: Buffer.from(request.body.toString('latin1'), 'base64'),
      }),
    },
    "the octets of a request's body are changed on the way",
  ],
  [
    'decodes the query',
    { request: (request: WireRequest) => ({ ...request, query: request.query.replaceAll('+', '%20') }) },
    'the query is changed on the way',
  ],
  [
    'redirects to https',
    {
      instead: () => ({
        status: 301,
        headers: [['location', 'https://elsewhere.example/']] as const,
        body: Buffer.alloc(0),
      }),
    },
    'requests are redirected to https://elsewhere.example/',
  ],
  [
    'puts a stage into the path',
    { request: (request: WireRequest) => ({ ...request, path: `/prod${request.path}` }) },
    'does a stage stand in it?',
  ],
  ['caches answers', { answer: cached() }, 'answers are cached on the way'],
])('a gateway that %s is found, with what to do', async (_, change, fault) => {
  const { code, text } = await smoke('--url', await interposed(change), ...credentials);
  expect(text).toContain(fault);
  expect(code).toBe(1);
});

test('a URI that leads past the edge is found', async () => {
  const past = await startHttpApi(deployed.behindEdge);
  open.push(past);
  const { code, text } = await smoke('--url', `${past.url}/keymanagement`);
  expect(text).toContain('this URI leads past the edge');
  expect(code).toBe(1);
});

test('a BM-SC that does not answer is reported, with exit code 1', async () => {
  const { code, text } = await smoke('--url', 'http://127.0.0.1:9/keymanagement');
  expect(text).toContain('did not answer');
  expect(code).toBe(1);
});

/** The first 401 for every later one. */
function cached() {
  let first: WireAnswer | undefined;
  return (answer: WireAnswer): WireAnswer => {
    if (answer.status !== 401) return answer;
    first ??= answer;
    return first;
  };
}
