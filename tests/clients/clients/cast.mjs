// Foundry's cast, as a person types it.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AI_MINING, errorSignatures, poolBytecode } from '../lib/contracts.mjs';

const run = promisify(execFile);
const PACKAGED = fileURLToPath(new URL('../node_modules/@foundry-rs/cast-linux-amd64/bin/cast', import.meta.url));
// npm has the packaged binary for Linux on x86-64; elsewhere Foundry's own installation is used.
const CAST = existsSync(PACKAGED) ? PACKAGED : 'cast';
// cast asks a public directory for unknown selectors; these tests speak to loopback only.
const DEAD_PROXY = 'http://127.0.0.1:9';
const ENV = { ...process.env, HTTPS_PROXY: DEAD_PROXY, https_proxy: DEAD_PROXY, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };

const SUBMIT = 'submitWorkProof(bytes,bytes)(uint256)';
const POOL_SUBMIT = 'submit(bytes,bytes)(uint256)';
const VERIFY = 'verifyNVTrust(bytes,bytes32)(uint8,bytes32)';
const DEVICE = 'deviceInfo(bytes32)(bool,bool,uint8,uint8,bytes,bytes32,bytes32,uint64,uint128,uint256)';
const ICA = 'icaInfo(uint8)(uint8,bytes32,bytes,bool)';
const REVOKE = 'revokeDevice(bytes32,bool)';
const ACCEPTED =
  'WorkAccepted(bytes32 indexed,address indexed,bytes32 indexed,bytes32,address,bytes32,bytes32,uint8,uint16,uint64,uint256,uint256,uint64)';

export function connect({ url, privateKey }) {
  const rpc = ['--rpc-url', url];
  const call = (...parameters) => cast('call', ...rpc, ...parameters);

  async function send(...parameters) {
    const { status, blockNumber, contractAddress } =
      JSON.parse(await cast('send', ...rpc, '--private-key', privateKey, '--json', ...parameters));
    return { ok: BigInt(status) === 1n, block: Number(blockNumber), contractAddress };
  }

  async function refusal(...parameters) {
    let message;
    try {
      await call(...parameters);
    } catch (error) {
      message = `${error.stderr ?? error.message}`;
    }
    if (message === undefined) throw new Error('the call succeeded');
    const data = message.match(/data: "(0x[0-9a-f]{8,})"/)?.[1];
    if (!data) throw new Error(`no revert data in: ${message}`);
    return decodeError(data);
  }

  return {
    close() {},
    ask: async (method, ...parameters) => JSON.parse(await cast('rpc', ...rpc, '--raw', method, JSON.stringify(parameters))),
    deployPool: async () => (await send('--create', poolBytecode)).contractAddress,
    submitDirect: (proof, attestation = '0x') => send(AI_MINING, SUBMIT, proof, attestation),
    submitToPool: (address, proof) => send(address, POOL_SUBMIT, proof, '0x'),
    miningBalance: async (address) => number(await call(AI_MINING, 'miningBalance(address)(uint256)', address)),
    poolBalance: async (address) => number(await call(address, 'balance()(uint256)')),
    poolUnits: async (address) => number(await call(address, 'totalUnits()(uint256)')),
    async acceptedBy(block) {
      const range = ['--from-block', String(block), '--to-block', String(block)];
      const logs = JSON.parse(await cast('logs', ...rpc, ...range, '--address', AI_MINING, '--json', ACCEPTED));
      return logs.map(({ topics, data }) => {
        // Ten unindexed words; compute units are the seventh, the reward the eighth.
        const word = (n) => BigInt(`0x${data.slice(2 + n * 64, 66 + n * 64)}`);
        return { workId: topics[1], recipient: `0x${topics[2].slice(26)}`, computeUnits: word(6), reward: word(7) };
      });
    },
    refusalDirect: (proof, attestation = '0x') => refusal(AI_MINING, SUBMIT, proof, attestation),
    async verifyNVTrust(attestation, nonce) {
      const [tier, deviceId] = (await call(AI_MINING, VERIFY, attestation, nonce)).split('\n');
      return { tier: number(tier), deviceId };
    },
    refusalOfEvidence: (attestation, nonce) => refusal(AI_MINING, VERIFY, attestation, nonce),
    async deviceInfo(deviceId) {
      const [registered, revoked, tier, icaIndex, fwid, miner] = (await call(AI_MINING, DEVICE, deviceId)).split('\n');
      return { registered: registered === 'true', revoked: revoked === 'true', tier: number(tier), icaIndex: number(icaIndex), fwid, miner };
    },
    async icaInfo(index) {
      const [tier, architecture, spki, revoked] = (await call(AI_MINING, ICA, String(index))).split('\n');
      return { tier: number(tier), architecture, spki, revoked: revoked === 'true' };
    },
    revokeDevice: (deviceId, revoked) => send(AI_MINING, REVOKE, deviceId, String(revoked)),
    refusalOfRevocation: (deviceId) => refusal(AI_MINING, REVOKE, deviceId, 'true'),
    refusalOfPool: (address, proof) => refusal(address, POOL_SUBMIT, proof, '0x'),
  };
}

async function cast(...parameters) {
  const { stdout } = await run(CAST, parameters, { env: ENV, maxBuffer: 1 << 24, timeout: 60_000 });
  return stdout.trim();
}

/** cast prints `400000000000 [4e11]`. */
function number(text) {
  return BigInt(text.split(' ')[0]);
}

/** Finds the typed error with this selector and lets cast decode its arguments. */
async function decodeError(data) {
  for (const signature of errorSignatures) {
    if ((await cast('sig', signature)) !== data.slice(0, 10)) continue;
    const text = await cast('decode-error', '--sig', signature, data);
    return { name: signature.split('(')[0], args: text === '' ? [] : text.split('\n').map((line) => line.split(' ')[0]) };
  }
  throw new Error(`no typed error has the selector of ${data}`);
}
