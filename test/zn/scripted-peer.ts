import { createServer, type Server, type Socket } from 'node:net';
import {
  COMMAND,
  capabilitiesAnswer,
  type DiameterMessage,
  decodeMessage,
  encodeMessage,
  MessageSplitter,
  SUCCESS,
  VENDOR,
} from '../../lib/diameter/index.ts';
import { BSF_ORIGIN } from '../diameter/messages.ts';

/** What a scripted peer does with a message that comes. */
export type Script = (message: DiameterMessage, socket: Socket) => void;

/** A peer over TCP that does what a test says, also wrong things. It answers CER unless told not to. */
export class ScriptedPeer {
  readonly received: DiameterMessage[] = [];
  readonly sockets: Socket[] = [];
  readonly #server: Server;
  readonly #script: Script;
  readonly #answersCapabilities: boolean;

  private constructor(script: Script, answersCapabilities: boolean) {
    this.#script = script;
    this.#answersCapabilities = answersCapabilities;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async listen(script: Script = () => {}, answersCapabilities = true): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer(script, answersCapabilities);
    await new Promise<void>((resolve) => peer.#server.listen(0, '127.0.0.1', resolve));
    return peer;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The messages of a command that came. */
  of(command: number): DiameterMessage[] {
    return this.received.filter(({ header }) => header.command === command);
  }

  /** Sends octets or a message to the one that connected last. */
  send(what: DiameterMessage | Uint8Array): void {
    this.sockets.at(-1)?.write(what instanceof Uint8Array ? what : encodeMessage(what));
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
  }

  #accept(socket: Socket): void {
    this.sockets.push(socket);
    const splitter = new MessageSplitter();
    socket.on('error', () => {});
    socket.on('data', (octets: Uint8Array) => {
      for (const each of splitter.push(octets)) {
        const message = decodeMessage(each);
        this.received.push(message);
        if (this.#answersCapabilities && message.header.command === COMMAND.CAPABILITIES_EXCHANGE)
          socket.write(encodeMessage(capabilitiesAnswer(message, SUCCESS, OWN_OF_BSF)));
        else this.#script(message, socket);
      }
    });
  }
}

export const OWN_OF_BSF = {
  origin: BSF_ORIGIN,
  hostIpAddresses: ['127.0.0.1'],
  vendorId: VENDOR['3GPP'],
  productName: 'scripted',
};
