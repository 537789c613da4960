// ethers 6.

import { Contract, ContractFactory, JsonRpcProvider, Wallet, isCallException } from 'ethers';
import { AI_MINING, poolAbi, poolBytecode, precompileAbi } from '../lib/contracts.mjs';

export function connect({ url, privateKey }) {
  // With instant mining a cached nonce is a used one.
  const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1, batchMaxCount: 1 });
  const wallet = new Wallet(privateKey, provider);
  const precompile = new Contract(AI_MINING, precompileAbi, wallet);
  const pool = (address) => new Contract(address, poolAbi, wallet);

  return {
    close: () => provider.destroy(),
    ask: (method, ...parameters) => provider.send(method, parameters),
    async deployPool() {
      const contract = await new ContractFactory(poolAbi, poolBytecode, wallet).deploy();
      await contract.waitForDeployment();
      return contract.getAddress();
    },
    submitDirect: async (proof, attestation = '0x') => receipt(await precompile.submitWorkProof(proof, attestation)),
    submitToPool: async (address, proof) => receipt(await pool(address).submit(proof, '0x')),
    miningBalance: (address) => precompile.miningBalance(address),
    poolBalance: (address) => pool(address).balance(),
    poolUnits: (address) => pool(address).totalUnits(),
    async acceptedBy(block) {
      const logs = await precompile.queryFilter('WorkAccepted', block, block);
      return logs.map(({ args: { workId, recipient, computeUnits, reward } }) => ({ workId, recipient, computeUnits, reward }));
    },
    refusalDirect: (proof, attestation = '0x') => refusal(() => precompile.submitWorkProof.staticCall(proof, attestation)),
    verifyNVTrust: (attestation, nonce) => precompile.verifyNVTrust(attestation, nonce),
    refusalOfEvidence: (attestation, nonce) => refusal(() => precompile.verifyNVTrust(attestation, nonce)),
    deviceInfo: (deviceId) => precompile.deviceInfo(deviceId),
    icaInfo: (index) => precompile.icaInfo(index),
    revokeDevice: async (deviceId, revoked) => receipt(await precompile.revokeDevice(deviceId, revoked)),
    refusalOfRevocation: (deviceId) => refusal(() => precompile.revokeDevice.staticCall(deviceId, true)),
    refusalOfPool: (address, proof) => refusal(() => pool(address).submit.staticCall(proof, '0x')),
  };
}

async function receipt(transaction) {
  const { status, blockNumber } = await transaction.wait();
  return { ok: status === 1, block: blockNumber };
}

async function refusal(call) {
  try {
    await call();
  } catch (error) {
    if (isCallException(error) && error.revert) return { name: error.revert.name, args: [...error.revert.args] };
    throw error;
  }
  throw new Error('the call succeeded');
}
