// The checked-in artifacts of contracts/, and the address they speak to.

import { readFileSync } from 'node:fs';

export const AI_MINING = '0x0000000000000000000000000000000000000300';

function artifact(name) {
  return JSON.parse(readFileSync(new URL(`../../../contracts/artifacts/${name}.json`, import.meta.url), 'utf8'));
}

const errors = artifact('IAIMiningErrors').abi;
const pool = artifact('MiningPool');

/** What a client knows of 0x0300: functions, views, governance, events and typed errors. */
export const precompileAbi = ['IAIMining', 'IAIMiningInspector', 'IAIMiningGovernance', 'IAIMiningEvents']
  .flatMap((n) => artifact(n).abi).concat(errors);
/** The pool's ABI, with the precompile's errors, which pass through it. */
export const poolAbi = pool.abi.concat(errors);
export const poolBytecode = pool.bytecode;
/** `Name(type,…)` of every typed error, for tools that decode by signature. */
export const errorSignatures = errors.map((e) => `${e.name}(${e.inputs.map((i) => i.type).join(',')})`);
