// A devnet of our own on a free loopback port, and the miner's tools that come with the binary.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_SECONDS = 30;
const LOG_LINES = 40;
const MODEL = `0x${'11'.repeat(32)}`;
const RECIPIENT = '0x00000000000000000000000000000000000abcd1';
const OUTPUT = `0x${'22'.repeat(32)}`;

export class Devnet {
  /** Starts `binary` and waits until it answers. */
  static async start(binary) {
    const port = await freePort();
    const node = new Devnet(binary, `http://127.0.0.1:${port}`, port);
    await node.#ready();
    return node;
  }

  constructor(binary, url, port) {
    this.binary = binary;
    this.url = url;
    this.folder = mkdtempSync(join(tmpdir(), 'pars-clients-'));
    this.log = [];
    this.process = spawn(binary, ['--port', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.log.push(...text.split('\n').filter((line) => line !== ''));
        this.log.splice(0, this.log.length - LOG_LINES);
      });
    }
    this.ended = new Promise((resolve) => {
      this.process.on('error', (error) => resolve(error.message));
      this.process.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  async #ready() {
    let over;
    this.ended.then((how) => { over = how; });
    for (let tries = 0; tries < START_SECONDS * 10; tries++) {
      if (over !== undefined) throw new Error(`the node ended at once (${over}):\n${this.log.join('\n')}`);
      try {
        this.chainId = Number(await this.rpc('eth_chainId'));
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    await this.stop();
    throw new Error(`the node did not answer within ${START_SECONDS} s:\n${this.log.join('\n')}`);
  }

  /** One raw JSON-RPC call. */
  async rpc(method, params = []) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const response = await fetch(this.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const { result, error } = await response.json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Many calls in one request; of each its result, or the data of its revert. */
  async batch(calls) {
    const body = JSON.stringify(calls.map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params })));
    const response = await fetch(this.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const answers = await response.json();
    if (!Array.isArray(answers)) throw new Error(`a batch: ${answers.error?.message}`);
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    return calls.map((_, id) => {
      const { result, error } = byId.get(id);
      return result ?? error.data ?? error.message;
    });
  }

  /** Ends the node and removes its folder. Answers how it ended. */
  async stop() {
    this.process.kill('SIGINT');
    const patience = setTimeout(() => this.process.kill('SIGKILL'), 5000);
    const how = await this.ended;
    clearTimeout(patience);
    rmSync(this.folder, { recursive: true, force: true });
    return how;
  }

  /** A new miner key; answers its file. */
  keygen(name) {
    const file = join(this.folder, `${name}.key`);
    this.#tool(['keygen', '--out', file]);
    return file;
  }

  /** A proof for `recipient` over `input`, made by `pars-devnet prove`; its work id as that tells it. */
  prove({ key, recipient, input, units }) {
    const { proof, work_id: workId } = this.#prove(key, recipient, input, units, []);
    return { proof, attestation: '0x', workId };
  }

  /** The same with a simulated H100, whose evidence is for the node's present seed; all that `prove --json` tells. */
  proveAttested({ key, recipient, input, units, more = [] }) {
    const facts = this.#prove(key, recipient, input, units, ['--device', 'simulated:gh100', '--rpc', this.url, ...more]);
    return { ...facts, workId: facts.work_id };
  }

  #prove(key, recipient, input, units, more) {
    const file = join(this.folder, 'input');
    writeFileSync(file, input);
    return JSON.parse(this.#tool([
      'prove', '--json', '--key', key, '--recipient', recipient, '--chain-id', String(this.chainId),
      '--model', MODEL, '--input', file, '--output-hash', OUTPUT, '--units', String(units), ...more,
    ]));
  }

  /** `bytes attestation` of a simulated GPU, as `pars-devnet prove` makes it. */
  simulated(architecture, key) {
    const input = join(this.folder, 'input');
    writeFileSync(input, architecture);
    const { attestation } = JSON.parse(this.#tool([
      'prove', '--json', '--key', key, '--recipient', RECIPIENT, '--chain-id', String(this.chainId), '--input', input, '--nonce', MODEL,
      '--device', `simulated:${architecture}`, '--device-seed', MODEL, '--seed', OUTPUT,
    ]));
    return Buffer.from(attestation.slice(2), 'hex');
  }

  #tool(parameters) {
    const { status, stdout, stderr, error } = spawnSync(this.binary, parameters, { encoding: 'utf8', timeout: 60_000 });
    if (error) throw error;
    if (status !== 0) throw new Error(`pars-devnet ${parameters[0]} ended with ${status}: ${stderr || stdout}`);
    return stdout;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
