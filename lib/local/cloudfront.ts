/** CloudFront's CreateInvalidation and GetInvalidation for one distribution. An invalidation is done when it is answered. */
import { randomBytes } from 'node:crypto';
import { type AwsCall, AwsError, type AwsService, type WireReply, type WireRequest } from './wire.ts';
import { type XmlElement, xmlDocument, xmlTexts } from './xml.ts';

const NAMESPACE = 'http://cloudfront.amazonaws.com/doc/2020-05-31/';

interface Invalidation {
  readonly id: string;
  readonly createdAt: string;
  readonly callerReference: string;
  readonly paths: readonly string[];
}

export class CloudFront implements AwsService {
  readonly #distributionId: string;
  readonly #invalidate: (paths: readonly string[]) => void;
  readonly #invalidations: Invalidation[] = [];

  constructor(distributionId: string, invalidate: (paths: readonly string[]) => void) {
    this.#distributionId = distributionId;
    this.#invalidate = invalidate;
  }

  describe({ method, path, body }: WireRequest): Pick<AwsCall, 'operation' | 'input'> {
    const { distributionId, invalidationId } = address(path);
    if (distributionId === undefined) return { operation: `${method} ${path}`, input: {} };
    if (method === 'POST') {
      const paths = xmlTexts(body.toString(), 'Path');
      return { operation: 'CreateInvalidation', input: { DistributionId: distributionId, paths } };
    }
    return { operation: 'GetInvalidation', input: { DistributionId: distributionId, Id: invalidationId } };
  }

  async perform({ method, path, body }: WireRequest, call: AwsCall): Promise<WireReply> {
    const { distributionId, invalidationId } = address(path);
    if (distributionId === undefined)
      throw new AwsError(501, 'NotImplemented', `${call.operation} is not implemented here`);
    if (distributionId !== this.#distributionId) {
      throw new AwsError(404, 'NoSuchDistribution', 'The specified distribution does not exist.');
    }
    if (method === 'POST' && invalidationId === undefined) return this.#createInvalidation(body.toString());
    const found = this.#invalidations.find(({ id }) => id === invalidationId);
    if (found === undefined)
      throw new AwsError(404, 'NoSuchInvalidation', 'The specified invalidation does not exist.');
    return reply(200, found, 'Completed');
  }

  refuse(error: AwsError): WireReply {
    const children: XmlElement[] = [
      ['Type', error.status < 500 ? 'Sender' : 'Receiver'],
      ['Code', error.code],
      ['Message', error.message],
    ];
    const document = xmlDocument(['ErrorResponse', [['Error', children]]], NAMESPACE);
    return { status: error.status, headers: { 'content-type': 'text/xml' }, body: document };
  }

  #createInvalidation(batch: string): WireReply {
    const paths = xmlTexts(batch, 'Path');
    const [callerReference = ''] = xmlTexts(batch, 'CallerReference');
    if (Number(xmlTexts(batch, 'Quantity')[0]) !== paths.length) {
      throw new AwsError(400, 'InconsistentQuantities', 'The value of Quantity and the size of Items do not match.');
    }
    if (callerReference === '' || paths.length === 0)
      throw new AwsError(400, 'MissingBody', 'The batch is incomplete.');
    for (const path of paths) checkPath(path);
    // CreateInvalidation, "CallerReference": the same batch again is the same request.
    const known = this.#invalidations.find((invalidation) => invalidation.callerReference === callerReference);
    if (known !== undefined && known.paths.join('\n') !== paths.join('\n')) {
      throw new AwsError(400, 'InvalidationBatchAlreadyExists', 'The caller reference was used for other paths.');
    }
    if (known !== undefined) return reply(201, known, 'Completed');
    const id = `I${randomBytes(12).toString('hex').toUpperCase()}`;
    const invalidation = { id, createdAt: new Date().toISOString(), callerReference, paths };
    this.#invalidations.push(invalidation);
    this.#invalidate(paths);
    return reply(201, invalidation, 'InProgress');
  }
}

const address = (path: string): { distributionId?: string; invalidationId?: string } =>
  /^\/2020-05-31\/distribution\/(?<distributionId>[^/]+)\/invalidation(?:\/(?<invalidationId>[^/]+))?$/.exec(path)
    ?.groups ?? {};

/** CloudFront Developer Guide, "What you need to know when invalidating files": `*` is a wildcard only at the end. */
function checkPath(path: string): void {
  if (!path.startsWith('/') || path.slice(0, -1).includes('*')) {
    throw new AwsError(400, 'InvalidArgument', 'Your request contains one or more invalid invalidation paths.');
  }
}

function reply(status: number, { id, createdAt, callerReference, paths }: Invalidation, state: string): WireReply {
  const items = paths.map((path): XmlElement => ['Path', path]);
  const document: XmlElement = [
    'Invalidation',
    [
      ['Id', id],
      ['Status', state],
      ['CreateTime', createdAt],
      [
        'InvalidationBatch',
        [
          [
            'Paths',
            [
              ['Quantity', items.length],
              ['Items', items],
            ],
          ],
          ['CallerReference', callerReference],
        ],
      ],
    ],
  ];
  return { status, headers: { 'content-type': 'text/xml' }, body: xmlDocument(document, NAMESPACE) };
}
