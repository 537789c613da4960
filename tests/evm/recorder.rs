//! What a transaction asked the precompile, seen from the EVM.

use alloy_primitives::{Address, Bytes, U256};
use pars_ai_mining::precompile::ADDRESS;
use revm::{
    Inspector,
    context::ContextTr,
    interpreter::{CallInputs, CallOutcome, CallScheme, CreateInputs, CreateOutcome, InstructionResult},
};

/// One call of the precompile inside a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inner {
    pub caller: Address,
    pub input: Bytes,
    pub value: U256,
    pub is_static: bool,
    /// By CALL or STATICCALL.
    pub is_direct: bool,
    pub running_as: Address,
    /// No frame around it was taken back.
    pub kept: bool,
    pub gas_limit: u64,
    pub gas_used: u64,
    pub result: InstructionResult,
    pub output: Bytes,
}

/// Records the calls of the precompile.
#[derive(Debug, Default)]
pub struct Recorder {
    /// In the order in which they ended.
    pub inner: Vec<Inner>,
    /// How many there were when each open frame began.
    frames: Vec<usize>,
}

impl Recorder {
    /// A frame ends: what was called inside counts only if it succeeded.
    fn close(&mut self, ended_well: bool) {
        let start = self.frames.pop().expect("a frame was opened");
        if !ended_well {
            self.inner[start..].iter_mut().for_each(|inner| inner.kept = false);
        }
    }
}

impl<CTX: ContextTr> Inspector<CTX> for Recorder {
    fn call(&mut self, _: &mut CTX, _: &mut CallInputs) -> Option<CallOutcome> {
        self.frames.push(self.inner.len());
        None
    }

    fn create(&mut self, _: &mut CTX, _: &mut CreateInputs) -> Option<CreateOutcome> {
        self.frames.push(self.inner.len());
        None
    }

    fn create_end(&mut self, _: &mut CTX, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.close(outcome.instruction_result().is_ok());
    }

    fn call_end(&mut self, context: &mut CTX, inputs: &CallInputs, outcome: &mut CallOutcome) {
        self.close(outcome.instruction_result().is_ok());
        if inputs.bytecode_address != ADDRESS {
            return;
        }
        self.inner.push(Inner {
            caller: inputs.caller,
            input: inputs.input.bytes(context),
            value: inputs.call_value(),
            is_static: inputs.is_static,
            is_direct: matches!(inputs.scheme, CallScheme::Call | CallScheme::StaticCall),
            running_as: inputs.target_address,
            kept: outcome.instruction_result().is_ok(),
            gas_limit: inputs.gas_limit,
            gas_used: outcome.gas().total_gas_spent(),
            result: *outcome.instruction_result(),
            output: outcome.result.output.clone(),
        });
    }
}
