/** The issuer's two ways in: a function URL, and Lambda's Invoke. What is posted where. */
import { isNearby } from '../../core/issuer.ts';
import { TokenError } from './errors.ts';
import { type IssuedToken, readHttp, readInvocation } from './issuer-answer.ts';

export interface Endpoint {
  readonly url: string;
  /** Undefined: a local issuer, which needs no signature. */
  readonly region: string | undefined;
  /** @throws TokenError */
  read(response: Response): Promise<IssuedToken>;
}
export interface Regions {
  /** What the options say, above what the URL or the ARN names. */
  readonly given: string | undefined;
  /** What the environment says, where neither does. */
  readonly otherwise: string | undefined;
}

const invalid = (message: string): never => {
  throw new TokenError('options_invalid', message);
};
/** By these a container reaches the machine that it runs on, and a machine itself. No public DNS has them. */
const LOCAL_NAMES = ['host.docker.internal', '0.0.0.0'];

/** @throws TokenError `options_invalid` */
export function urlEndpoint(url: string, { given, otherwise }: Regions): Endpoint {
  const { protocol, hostname, origin } = parsed(url, "url must be the sign function's URL");
  if (protocol === 'http:' && (isNearby(hostname) || LOCAL_NAMES.includes(hostname))) {
    return { url, region: undefined, read: readHttp };
  }
  if (protocol !== 'https:') {
    invalid(`url must use https (http only on localhost, or at a name without a dot), got ${origin}`);
  }
  const named = /^[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.aws$/.exec(hostname)?.[1];
  const region = given ?? named ?? otherwise;
  return {
    url,
    region: region || invalid('region must be given, or AWS_REGION be set: url names none'),
    read: readHttp,
  };
}

/**
 * @param functionName name or ARN, with the client's alias: `Keyturn-Sign:orders`
 * @throws TokenError `options_invalid`
 */
export function invokeEndpoint(functionName: string, { given, otherwise }: Regions, endpoint?: string): Endpoint {
  const named = /^arn:[a-z-]+:lambda:([a-z0-9-]+):/.exec(functionName)?.[1];
  const region = given ?? named ?? otherwise;
  if (!region) return invalid('region must be given, or AWS_REGION be set: functionName names none');
  const host = region.startsWith('cn-') ? `lambda.${region}.amazonaws.com.cn` : `lambda.${region}.amazonaws.com`;
  const base = endpoint ? parsed(endpoint, 'AWS_ENDPOINT_URL must be a URL').href : `https://${host}`;
  const path = `2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
  return { url: `${base.replace(/\/+$/, '')}/${path}`, region, read: readInvocation };
}

function parsed(url: string, sentence: string): URL {
  const result = URL.parse(url) ?? invalid(`${sentence}, got ${JSON.stringify(url)}`);
  // `fetch` takes neither, and its error would say them.
  if (result.username || result.password) invalid(`${sentence}, without user name and password`);
  return result;
}
