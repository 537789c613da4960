// Runs the `sh` code blocks of a Markdown file in order, as one bash script in a fresh folder, and stops at the first command
// that fails. PARS is the folder of this repository. What the script started is ended with it.
//
//   node scripts/walkthrough.mjs FILE

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const [file] = process.argv.slice(2);
if (!file) {
  console.error('usage: walkthrough.mjs FILE');
  process.exit(2);
}
const blocks = [...readFileSync(file, 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]);
if (blocks.length === 0) {
  console.error(`FAIL ${file} has no block to run`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'pars-walkthrough-'));
const parts = blocks.map((block, index) => {
  const shown = block.replaceAll(/^/gm, '  $ ').replace(/ {2}\$ $/, '');
  return `cat <<'SHOWN'\n\n-- block ${index + 1} of ${blocks.length}\n${shown}SHOWN\n${block}`;
});
const script = join(folder, 'walkthrough.sh');
writeFileSync(script, `set -euo pipefail\ntrap 'jobs -p | xargs -r kill 2>/dev/null; wait' EXIT\n${parts.join('\n')}\necho\n`);
const child = spawn('bash', [script], { cwd: folder, env: { ...process.env, PARS: ROOT }, stdio: ['ignore', 'inherit', 'inherit'] });
child.on('close', (code) => {
  if (code !== 0) {
    console.error(`FAIL a block of ${file} failed; what it left is in ${folder}`);
    process.exit(1);
  }
  rmSync(folder, { recursive: true });
  console.log(`ok ${blocks.length} blocks of ${file} ran, in order, in a fresh folder`);
});
