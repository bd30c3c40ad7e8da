import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../../cli/emulator/account.ts';
import { KEY_REQUEST_VARIABLE } from '../../../functions/environment-variables.ts';
import SIMS from '../../../local/bsf/subscribers.json' with { type: 'json' };
import { LocalNetwork } from '../../../local/network.ts';
import { localSettingsWith, synthesize } from '../../../local/synthesis.ts';
import { type LocalSystem, startLocalSystem } from '../../../local/system.ts';
import { freePorts } from '../../free-ports.ts';
import { type Finished, ROOT, start } from '../run.ts';

/** What an example became. */
export interface Outcome extends Finished {
  /** Whether Ctrl-C ended it, once it had printed what was waited for. */
  readonly isInterrupted: boolean;
}

/** Files that the examples name, each as an operator may have it. A key stands in a file alone. */
const FILES: Readonly<Record<string, () => string>> = {
  'foreign-msk.hex': () => randomBytes(16).toString('hex'),
  'ks-naf.hex': () => randomBytes(32).toString('hex'),
  'sim.json': () => JSON.stringify(SIMS[0]),
  'conformance.json': () =>
    JSON.stringify({ services: { subscribed: 'urn:example:news' }, keys: { granted: '001-01/0001' } }),
  'request.xml': () => REQUEST_XML,
  body: () => Buffer.from(REQUEST_XML).toString('base64'),
  'register.http': () => httpOf('register', '<reg><service>urn:example:news</service></reg>'),
  'msk.http': () => httpOf('msk-request', REQUEST_XML),
  'services.csv': () =>
    'serviceId,keyGroups\nurn:example:news,001-01/0001\nurn:example:sports,001-01/0002 001-01/0003\n',
  'subscribers.csv': () =>
    'impi,services\n001010123456789@home1.net,urn:example:news\na@home1.net,urn:example:sports\n',
  'subscribers.jsonl': () => `${JSON.stringify({ impi: 'b@home1.net', services: ['urn:example:news'] })}\n`,
  'subscriptions.csv': () => 'impi,serviceId\na@home1.net,urn:example:news\n',
  'blocks.csv': () => 'impi\nc@home1.net\n',
  'associations.csv': () =>
    `bTid,impi,ksNaf\n${randomBytes(16).toString('base64')}@bsf.home1.net,a@home1.net,${randomBytes(32).toString('hex')}\n`,
};

/** What the examples have in the settings. */
const KEY_EXPORT = {
  recipients: {
    mbstf: {
      publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .publicKey.export({ type: 'spki', format: 'pem' })
        .toString(),
      keyGroups: ['001-01'],
    },
  },
};
const REQUEST_XML = '<keyReq xmlns="urn:vendor"><key><domain>APEQ</domain><msk>AAEAAA==</msk></key></keyReq>';

/** A request as it stands in a followed TCP stream. */
function httpOf(requestType: string, xml: string): string {
  const body = Buffer.from(xml).toString('base64');
  const headers = `Content-Type: application/xml\r\nContent-Length: ${body.length}\r\n`;
  return `POST /keymanagement?requesttype=${requestType} HTTP/1.1\r\n${headers}\r\n${body}`;
}

/** A local system, a home folder with files, and a shell in it. */
export class ExamplesBed {
  readonly system: LocalSystem;
  readonly #network: LocalNetwork;
  readonly #folder: string;
  readonly #synthesisFolder: string;

  private constructor(system: LocalSystem, network: LocalNetwork, synthesisFolder: string) {
    this.#synthesisFolder = synthesisFolder;
    this.system = system;
    this.#network = network;
    this.#folder = mkdtempSync(join(tmpdir(), 'bmsc-examples-'));
    for (const [name, contentOf] of Object.entries(FILES))
      writeFileSync(join(this.#folder, name), contentOf(), { mode: 0o600 });
    for (const folder of ['.config/fish/completions', '.zsh/functions'])
      mkdirSync(join(this.#folder, folder), { recursive: true });
  }

  static async start(): Promise<ExamplesBed> {
    const network = await LocalNetwork.start();
    const changes = { keyRequest: { [KEY_REQUEST_VARIABLE.keySources]: network.keySources } };
    const folder = mkdtempSync(join(tmpdir(), 'bmsc-examples-synthesis-'));
    const synthesis = await synthesize(folder, localSettingsWith([], { keyExport: KEY_EXPORT }));
    const system = await startLocalSystem(await freePorts(), () => {}, changes, synthesis);
    return new ExamplesBed(system, network, folder);
  }

  async close(): Promise<void> {
    await this.system.close();
    await this.#network.close();
    rmSync(this.#folder, { recursive: true });
    rmSync(this.#synthesisFolder, { recursive: true });
  }

  /**
   * Runs a line as it is written, but for ports that may be taken here, in a shell whose `bmsc` is this one.
   * @param until what the line has printed when Ctrl-C ends it; undefined: it ends by itself
   */
  async run(line: string, until?: RegExp): Promise<Outcome> {
    const here = line
      .replace('--local', `--endpoint-url ${this.system.endpointUrl}`)
      .replace('http://127.0.0.1:4566', this.system.endpointUrl)
      .replace('http://127.0.0.1:8080/keymanagement', this.system.keyManagementUrl)
      .replace('http://127.0.0.1:8088/', this.#network.standIns?.nbsp.ubUrl.href ?? '');
    const bmsc = `bmsc() { exec "${process.execPath}" "${join(ROOT, 'cli/bmsc.ts')}" "$@"; }`;
    const running = start('bash', ['-c', `cd "$HOME"; ${bmsc}; ${here}`], { HOME: this.#folder });
    let isInterrupted = false;
    const look = () => {
      if (isInterrupted || until?.test(running.output()) !== true) return;
      isInterrupted = true;
      running.interrupt();
    };
    running.child.stdout?.on('data', look);
    return { ...(await running.finished), isInterrupted };
  }

  /** Puts what is no event among the dead letters. @returns its message ID */
  async deadLetter(): Promise<string> {
    const { endpointUrl: endpoint, outputs } = this.system;
    const sqs = new SQSClient({ endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS });
    const QueueUrl = outputs.DeadLetterQueueUrl;
    const { MessageId = '' } = await sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: randomUUID() }),
    );
    return MessageId;
  }
}
