/**
 * A viewer-request function: who has no good token gets no further, and the origin is told who asks. It gets the token
 * itself, under a name that nobody but this function writes, and so can verify what it is told.
 */
import type { CloudFrontRequest, CloudFrontRequestEvent, CloudFrontResultResponse } from 'aws-lambda';
import { authenticate, type BearerOptions, challenge, VerificationError, type Verifier } from 'keyturn/verifier';

/** Also as servers spell it that make one name of `identity-token` and `identity_token`. */
const RESERVED = /^identity[-_]/;

export function identify(verifier: Verifier, options: BearerOptions = {}) {
  return async (event: CloudFrontRequestEvent): Promise<CloudFrontRequest | CloudFrontResultResponse> => {
    const { request } = (event.Records[0] as (typeof event.Records)[0]).cf;
    // Two headers are one with a comma, which is no bearer token (RFC 9110 §5.3).
    const authorization = (request.headers.authorization ?? []).map(({ value }) => value).join(', ');
    try {
      const { sub } = await authenticate(verifier, authorization, options);
      const kept = Object.entries(request.headers).filter(
        ([name]) => name !== 'authorization' && !RESERVED.test(name.toLowerCase()),
      );
      request.headers = Object.fromEntries(kept);
      // Under a name of its own: origin access control writes its signature into `Authorization`.
      tell(request, 'Identity-Token', authorization.trim().replace(/^bearer +/i, ''));
      tell(request, 'Identity-Subject', encodeURIComponent(sub));
      return request;
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      return refusal(error, challenge(error, options));
    }
  };
}

function tell({ headers }: CloudFrontRequest, key: string, value: string): void {
  headers[key.toLowerCase()] = [{ key, value }];
}

function refusal({ status }: VerificationError, wanted: string | undefined): CloudFrontResultResponse {
  return {
    status: `${status}`,
    headers: {
      'cache-control': [{ key: 'Cache-Control', value: 'no-store' }],
      ...(wanted !== undefined && { 'www-authenticate': [{ key: 'WWW-Authenticate', value: wanted }] }),
    },
  };
}
