declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** A DynamoDB emulator as an HTTP server that is not listening yet. */
  export default function dynalite(options: { createTableMs?: number; path?: string }): Server;
}
