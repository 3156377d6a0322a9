/** Builds the Lambdas as they are deployed: one CommonJS file each, in dist/functions/NAME/index.js; beside rotate's, the page that it publishes. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { buildPage } from './page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const NAMES = ['sign', 'rotate', 'operate', 'deploy', 'watch'];

/**
 * Parts of the SDK that no call of ours needs, a quarter of the signer's bundle, and what stands in their place: an empty
 * module, so that reaching one after all fails in the tests of the bundles, or the least that its importer wants.
 */
const EMPTY = 'module.exports = {};';
const NEEDLESS: readonly (readonly [file: string, why: string, contents: string])[] = [
  ['@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js', 'node:crypto is never missing', EMPTY],
  ['@smithy/core/dist-es/submodules/retry/util-retry/DefaultRateLimiter.js', 'retry mode is not adaptive', EMPTY],
  ['@smithy/core/dist-es/submodules/retry/util-retry/AdaptiveRetryStrategy.js', 'retry mode is not adaptive', EMPTY],
  ['regionConfig/getInstanceMetadataRegion.js', 'this is no EC2 instance', EMPTY],
  [
    '@aws-sdk/core/dist-es/submodules/client/emitWarningIfUnsupportedVersion.js',
    'the runtime is newer than any that it warns of',
    'export const emitWarningIfUnsupportedVersion = () => {}, state = {};',
  ],
  [
    '@aws/lambda-invoke-store/dist-es/invoke-store.js',
    'one event at a time: the trace id is in the environment',
    'exports.InvokeStore = { getInstanceAsync: async () => undefined };',
  ],
  [
    '@aws-sdk/endpoint-cache/dist-es/EndpointCache.js',
    'DynamoDB needs endpoint discovery in no Region',
    'exports.EndpointCache = class {};',
  ],
  [
    'shared-ini-file-loader/loadSharedConfigFiles.js',
    'a Lambda has no ~/.aws, and looking for it costs two reads at every cold start',
    'exports.loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });',
  ],
];

/** The clients of Lambda and S3 ask for the first when they are made, though they stream nothing; all but sign's for the second. */
const OF_OTHERS: typeof NEEDLESS = [
  ['@smithy/core/dist-es/submodules/event-streams/index.js', 'it streams no events', EMPTY],
  ['@smithy/core/dist-es/submodules/checksum/sha256/Sha256Node.js', 'lib/aws/sha256.ts is in its place', EMPTY],
];

const leaveOut = (needless: typeof NEEDLESS): Plugin => ({
  name: 'leave-out',
  setup({ onLoad }) {
    for (const [file, , contents] of needless) {
      onLoad({ filter: new RegExp(`/${file.replaceAll('.', '\\.')}$`) }, () => ({ contents }));
    }
    // The user agent wants the version alone.
    onLoad({ filter: /@aws-sdk\/client-[a-z-]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
});

const page = await buildPage(root);
await rm(`${root}dist/functions`, { recursive: true, force: true });
for (const name of NAMES) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`functions/${name}.ts`],
    outfile: `dist/functions/${name}/index.js`,
    bundle: true,
    platform: 'node',
    target: 'node24',
    // CommonJS: `import 'node:http'` in an ES module costs 31 ms where `require` costs 4 (nodejs/node#57649).
    format: 'cjs',
    supported: { 'dynamic-import': false },
    // The ES modules of the SDK can be shaken, so that a function carries only the commands that it sends.
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    alias: {
      '@aws-sdk/credential-provider-node': './lib/aws/environment-credentials.ts',
    },
    plugins: [leaveOut(name === 'sign' ? [...NEEDLESS, ...OF_OTHERS] : NEEDLESS)],
    metafile: true,
  });
  if (name === 'rotate') {
    await writeFile(`${root}dist/functions/${name}/page.html`, page.html);
    Object.assign(metafile.outputs, page.metafile.outputs);
  }
  await writeFile(`${root}dist/functions/${name}/meta.json`, JSON.stringify(metafile));
  // The package is an ES module; what lies here is not.
  await writeFile(`${root}dist/functions/${name}/package.json`, '{"type":"commonjs"}\n');
}
