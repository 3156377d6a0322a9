/** The functions of the canary suite as Lambdas. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateAliasCommand, CreateFunctionCommand } from '@aws-sdk/client-lambda';
import { CANARIES, CANARY_BUNDLE, canaryAliases } from '../aws/canaries.ts';
import type { AwsClients } from '../aws/clients.ts';
import { ACCOUNT } from './account.ts';
import { pythonWith } from './python.ts';

export async function createCanaries({ lambda }: AwsClients): Promise<void> {
  const ZipFile = await zipped(CANARY_BUNDLE);
  for (const FunctionName of Object.keys(CANARIES)) {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: `arn:aws:iam::${ACCOUNT}:role/canaries`,
        Environment: { Variables: { HANDLER: FunctionName } },
        Code: { ZipFile },
      }),
    );
    for (const Name of canaryAliases(FunctionName)) {
      await lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion: '$LATEST' }));
    }
  }
}

/** By Python, which is here anyhow; Node makes no archives. */
async function zipped(source: string): Promise<Buffer> {
  const cwd = mkdtempSync(join(tmpdir(), 'keyturn-canaries-'));
  writeFileSync(join(cwd, 'index.js'), source);
  await promisify(execFile)(await pythonWith('ministack'), ['-m', 'zipfile', '-c', 'code.zip', 'index.js'], { cwd });
  const archive = readFileSync(join(cwd, 'code.zip'));
  rmSync(cwd, { recursive: true });
  return archive;
}
