/** The sign function's bundle with the clients' rules in a file beside it, so that who may ask for what is reviewed and deployed as code is. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FileAssetPackaging, Lazy, Stack, Stage } from 'aws-cdk-lib';
import { Code, type CodeConfig } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { ClientRules } from '../core/clients.ts';
import { bundleDirectory } from './bundles.ts';

/** Its name in the asset, for the function's environment. */
export const RULES_FILE = 'clients.json';
const FILES = ['index.js', 'package.json'];

export class SignCode extends Code {
  readonly isInline = false;
  readonly #rules: () => Readonly<Record<string, ClientRules>>;

  /** @param rules asked at synthesis, when every client has been added; an issuer without clients has none */
  constructor(rules: () => Readonly<Record<string, ClientRules>>) {
    super();
    this.#rules = rules;
  }

  override bind(scope: Construct): CodeConfig {
    const staged = new Map<string, { bucketName: string; objectKey: string }>();
    const stage = () => {
      const source = bundleDirectory('sign');
      const rules = this.#rules();
      const files = FILES.map((name) => [name, readFileSync(join(source, name), 'utf8')] as const);
      const all = Object.keys(rules).length === 0 ? files : [...files, [RULES_FILE, JSON.stringify(rules, null, 2)]];
      const hash = createHash('sha256').update(JSON.stringify(all)).digest('hex');
      // Tokens are resolved many times; the same content is the same asset.
      const location = staged.get(hash) ?? addAsset(scope, hash, source, rules);
      staged.set(hash, location);
      return location;
    };
    return {
      s3Location: {
        bucketName: Lazy.uncachedString({ produce: () => stage().bucketName }),
        objectKey: Lazy.uncachedString({ produce: () => stage().objectKey }),
      },
    };
  }
}

function addAsset(scope: Construct, hash: string, source: string, rules: object) {
  const outdir = Stage.of(scope)?.assetOutdir ?? '';
  const directory = join(outdir, `asset.${hash}`);
  mkdirSync(directory, { recursive: true });
  for (const name of FILES) cpSync(join(source, name), join(directory, name));
  if (Object.keys(rules).length > 0) writeFileSync(join(directory, RULES_FILE), `${JSON.stringify(rules, null, 2)}\n`);
  return Stack.of(scope).synthesizer.addFileAsset({
    packaging: FileAssetPackaging.ZIP_DIRECTORY,
    sourceHash: hash,
    fileName: relative(Stage.of(scope)?.outdir ?? '', directory),
    displayName: 'Keyturn sign function',
  });
}
