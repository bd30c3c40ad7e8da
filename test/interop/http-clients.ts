import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Peer, runs } from '../peers.ts';

/** Where Debian installs jars, without versions in their names. */
const DEBIAN = '/usr/share/java';
const DEBIAN_JARS = {
  HttpClient4: ['httpclient.jar', 'httpcore.jar', 'commons-logging.jar', 'commons-codec.jar'],
  HttpClient5: ['httpclient5.jar', 'httpcore5.jar', 'httpcore5-h2.jar', 'slf4j-api.jar', 'commons-codec.jar'],
} as const;

/** Where Maven puts the jars of pom.xml. */
const FETCHED = join(import.meta.dirname, '../../.local/interop-jars');
const FETCH_TIMEOUT_MS = 60_000;

/** The two generations of Apache HttpClient, each with a program `<name>.java` here. */
export type HttpClientName = keyof typeof DEBIAN_JARS;

/** Apache HttpClient as peers. Without Debian’s packages Maven fetches them, if it is installed. */
export const HTTP_CLIENTS: Readonly<Record<HttpClientName, Peer>> = {
  HttpClient4: peerOf('HttpClient4', 'libhttpclient-java'),
  HttpClient5: peerOf('HttpClient5', 'libhttpclient5-java'),
};

function peerOf(name: HttpClientName, packageName: string): Peer {
  return {
    name: `Apache ${name}`,
    isThere: () => runs('javac', '-version') && classPathOf(name) !== undefined,
    install: `apt-get install default-jdk-headless ${packageName} (or a JDK and Maven, which fetches the rest)`,
  };
}

/** The class path of a client. Fetches the jars if they are nowhere. Undefined if that fails too. */
export function classPathOf(name: HttpClientName): string | undefined {
  const ofDebian = DEBIAN_JARS[name].map((jar) => join(DEBIAN, jar));
  if (ofDebian.every((jar) => existsSync(jar))) return ofDebian.join(delimiter);
  return existsSync(FETCHED) || fetchJars() ? join(FETCHED, '*') : undefined;
}

function fetchJars(): boolean {
  const args = [
    '-q',
    '-f',
    import.meta.dirname,
    'dependency:copy-dependencies',
    `-DoutputDirectory=${FETCHED}`,
  ];
  return spawnSync('mvn', args, { stdio: 'ignore', timeout: FETCH_TIMEOUT_MS }).status === 0;
}
