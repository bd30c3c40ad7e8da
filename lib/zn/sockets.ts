import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { canonicalIpAddress } from '../address/ip-address.ts';

/** Where a peer listens. SCTP is missing: Node has none. */
export interface PeerAddress {
  /** A name of DNS or an IP address. */
  readonly host: string;
  readonly port: number;
  /** With it, TLS from the first octet (RFC 6733 §13.1); certificate and key of ours, and whom we trust. */
  readonly tls?: ConnectionOptions | undefined;
}

/** Starts a connection; `onOpen` is called when octets can be sent, after the handshake of TLS. */
export function connect({ host, port, tls }: PeerAddress, onOpen: () => void): Socket {
  if (tls === undefined) return connectTcp({ host, port }, onOpen);
  return connectTls({ minVersion: 'TLSv1.2', ...tls, host, port }, onOpen);
}

/** Our address of a socket, for Host-IP-Address. */
export function ownAddressOf(socket: Socket): string {
  return canonicalIpAddress(socket.localAddress ?? '') ?? '0.0.0.0';
}
