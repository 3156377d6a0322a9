/**
 * The caches in front of the deployed distribution. MiniStack serves a distribution as its template says, for the
 * distribution's own name, which no DNS knows, and it keeps no copies: this is where `observeAt` points, the cache is
 * that of lib/local, and it forgets what the issuer's invalidations name.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetInvalidationCommand, ListDistributionsCommand, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import { EdgeCache, type OriginAnswer } from '../../lib/local/edge.ts';
import { serveEdge } from '../../lib/local/edge-http.ts';
import { type AwsClients, awsClients } from '../aws/clients.ts';
import { ROOT } from './account.ts';
import { fetchAt } from './fetch-at.ts';

interface Distribution {
  readonly id: string;
  readonly domain: string;
}

export class EdgeStandIn {
  readonly url: string;
  readonly close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.close = close;
  }

  /** Before there is a distribution, it answers as an edge whose origin cannot be reached. */
  static async start(endpoint: string): Promise<EdgeStandIn> {
    const aws = new DeployedEdge(endpoint);
    const edge = new EdgeCache({ origin: (path, etag) => aws.fetch(path, etag), errorSeconds: 1 });
    const server = createServer((incoming, response) => {
      aws
        .invalidated()
        .then((paths) => edge.invalidate(paths))
        .then(() => serveEdge(edge, incoming, response))
        .catch((error: unknown) => response.destroy(error as Error));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new EdgeStandIn(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
  }
}

class DeployedEdge {
  readonly #fetch: typeof fetch;
  readonly #cloudfront: AwsClients['cloudfront'];
  readonly #seen = new Set<string>();

  constructor(endpoint: string) {
    this.#fetch = fetchAt(endpoint);
    this.#cloudfront = awsClients(endpoint, ROOT).cloudfront;
  }

  async fetch(path: string, etag: string | undefined): Promise<OriginAnswer> {
    const distribution = await this.#distribution();
    if (!distribution) throw new Error('there is no distribution yet');
    const headers = {
      // It is reached by plain HTTP, and the template redirects that.
      'x-forwarded-proto': 'https',
      ...(etag !== undefined && { 'if-none-match': etag }),
    };
    const response = await this.#fetch(`https://${distribution.domain}${path}`, { headers });
    const kept = [...response.headers].filter(([name]) => !HOP_BY_HOP.includes(name));
    const body = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: Object.fromEntries(kept), body };
  }

  /** The paths of the invalidations that were made since the last call. */
  async invalidated(): Promise<string[]> {
    const distribution = await this.#distribution();
    if (!distribution) return [];
    const DistributionId = distribution.id;
    const { InvalidationList } = await this.#cloudfront.send(new ListInvalidationsCommand({ DistributionId }));
    const paths: string[] = [];
    for (const { Id = '' } of InvalidationList?.Items ?? []) {
      if (this.#seen.has(Id)) continue;
      this.#seen.add(Id);
      const { Invalidation } = await this.#cloudfront.send(new GetInvalidationCommand({ DistributionId, Id }));
      paths.push(...(Invalidation?.InvalidationBatch?.Paths?.Items ?? []));
    }
    return paths;
  }

  /** The emulator has one at a time. */
  async #distribution(): Promise<Distribution | undefined> {
    const { DistributionList } = await this.#cloudfront.send(new ListDistributionsCommand({}));
    const [first] = DistributionList?.Items ?? [];
    return first?.Id && first.DomainName ? { id: first.Id, domain: first.DomainName } : undefined;
  }
}

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date'];
