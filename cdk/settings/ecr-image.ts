/** An image in a private registry of ECR, by the parts of its name. */
export interface EcrImage {
  readonly account: string;
  readonly region: string;
  readonly repositoryName: string;
  /** A tag, or a digest such as `sha256:…`; `latest` where the name has none. */
  readonly tagOrDigest: string;
}

const ECR_NAME =
  /^(?<account>[0-9]{12})\.dkr\.ecr(?:-fips)?\.(?<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/(?<name>[^:@]+)(?::(?<tag>[^@]+))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** The parts of the name of an image in ECR; undefined: it is in another registry. */
export function parseEcrImage(image: string): EcrImage | undefined {
  const { account, region, name, tag, digest } = ECR_NAME.exec(image)?.groups ?? {};
  if (account === undefined || region === undefined || name === undefined) return undefined;
  return { account, region, repositoryName: name, tagOrDigest: digest ?? tag ?? 'latest' };
}
