// viem 2.

import { BaseError, ContractFunctionRevertedError, createPublicClient, createWalletClient, defineChain, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { AI_MINING, poolAbi, poolBytecode, precompileAbi } from '../lib/contracts.mjs';

export function connect({ url, chainId, privateKey }) {
  const chain = defineChain({
    id: chainId,
    name: 'Pars devnet',
    nativeCurrency: { name: 'PARS', symbol: 'PARS', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const account = privateKeyToAccount(privateKey);
  const reader = createPublicClient({ chain, transport: http(), pollingInterval: 50, cacheTime: 0 });
  const writer = createWalletClient({ chain, transport: http(), account });
  const precompile = { address: AI_MINING, abi: precompileAbi };
  const pool = (address) => ({ address, abi: poolAbi });
  const read = (contract, functionName, args = []) => reader.readContract({ ...contract, functionName, args });
  const mined = (hash) => reader.waitForTransactionReceipt({ hash });

  /** viem answers several values as a list; the ABI has their names. */
  const named = (functionName, values) => {
    const { outputs } = precompileAbi.find((entry) => entry.type === 'function' && entry.name === functionName);
    return Object.fromEntries(outputs.map(({ name }, index) => [name, values[index]]));
  };

  async function write(contract, functionName, args) {
    const { request } = await reader.simulateContract({ ...contract, functionName, args, account });
    const { status, blockNumber } = await mined(await writer.writeContract(request));
    return { ok: status === 'success', block: Number(blockNumber) };
  }

  async function refusal(contract, functionName, args) {
    try {
      await reader.simulateContract({ ...contract, functionName, args, account });
    } catch (error) {
      const revert = error instanceof BaseError ? error.walk((e) => e instanceof ContractFunctionRevertedError) : null;
      if (revert?.data) return { name: revert.data.errorName, args: [...(revert.data.args ?? [])] };
      throw error;
    }
    throw new Error('the call succeeded');
  }

  return {
    ask: (method, ...params) => reader.request({ method, params }),
    close() {},
    async deployPool() {
      const { contractAddress } = await mined(await writer.deployContract({ abi: poolAbi, bytecode: poolBytecode }));
      return contractAddress;
    },
    submitDirect: (proof, attestation = '0x') => write(precompile, 'submitWorkProof', [proof, attestation]),
    submitToPool: (address, proof) => write(pool(address), 'submit', [proof, '0x']),
    miningBalance: (address) => read(precompile, 'miningBalance', [address]),
    poolBalance: (address) => read(pool(address), 'balance'),
    poolUnits: (address) => read(pool(address), 'totalUnits'),
    async acceptedBy(block) {
      const range = { fromBlock: BigInt(block), toBlock: BigInt(block) };
      const logs = await reader.getContractEvents({ ...precompile, eventName: 'WorkAccepted', ...range });
      return logs.map(({ args: { workId, recipient, computeUnits, reward } }) => ({ workId, recipient, computeUnits, reward }));
    },
    refusalDirect: (proof, attestation = '0x') => refusal(precompile, 'submitWorkProof', [proof, attestation]),
    verifyNVTrust: async (attestation, nonce) => named('verifyNVTrust', await read(precompile, 'verifyNVTrust', [attestation, nonce])),
    refusalOfEvidence: (attestation, nonce) => refusal(precompile, 'verifyNVTrust', [attestation, nonce]),
    deviceInfo: async (deviceId) => named('deviceInfo', await read(precompile, 'deviceInfo', [deviceId])),
    icaInfo: async (index) => named('icaInfo', await read(precompile, 'icaInfo', [index])),
    revokeDevice: (deviceId, revoked) => write(precompile, 'revokeDevice', [deviceId, revoked]),
    refusalOfRevocation: (deviceId) => refusal(precompile, 'revokeDevice', [deviceId, true]),
    refusalOfPool: (address, proof) => refusal(pool(address), 'submit', [proof, '0x']),
  };
}
