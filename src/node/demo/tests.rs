//! The demo's own checks can fail: each is shown something that is not as it should be.

use alloy_primitives::{B256, Bytes, U256};
use pars_node::{
    Config, Hardfork, Node, NodeHandle,
    chain::{
        dev_accounts::DEV_ACCOUNTS,
        genesis::{DevGenesis, Hosts},
        snapshot::unix_time,
    },
    miner::SignedWork,
};

use super::{
    DemoError,
    client::Client,
    evidence,
    gpu::{self, Rig},
    gpu_refusals::GpuCheat,
    mining,
    mining::{Balances, Job, Miner, Submitted},
    refusals::{Attempt, Cheat},
    report::Told,
};

/// A node on which one proof was paid.
struct Stage {
    node: NodeHandle,
    client: Client,
    miner: Miner,
    job: Job,
    work: SignedWork,
    submitted: Submitted,
}

impl Stage {
    async fn new() -> Self {
        let ((node, client), _) = mining::start().await.unwrap();
        Self::on(node, client).await
    }

    /// On a chain that accepts no simulated GPU.
    async fn without_dev_flag() -> Self {
        let genesis = DevGenesis {
            chain_id: 6133,
            hardfork: Hardfork::default(),
            gas_limit: 30_000_000,
            timestamp: unix_time(),
            activation: 0,
            dev: false,
            hosts: Hosts::Rust,
        };
        let genesis = Some(genesis.build().unwrap());
        let node = Node::start(Config { port: 0, genesis, ..Config::default() }).await.unwrap();
        let client = Client::new(&node.url(), DEV_ACCOUNTS[1]).unwrap();
        Self::on(node, client).await
    }

    async fn on(node: NodeHandle, client: Client) -> Self {
        let (miner, _) = mining::key().unwrap();
        let (job, _) = mining::job(None).await.unwrap();
        let (work, _) = mining::prove(&client, &miner, &job).await.unwrap();
        let (submitted, _) = mining::submit(&client, &miner, &work).await.unwrap();
        Self { node, client, miner, job, work, submitted }
    }

    fn cheat(&self) -> Cheat<'_> {
        Cheat::new(&self.client, &self.miner, &self.job, &self.work, &self.submitted.receipt)
    }

    fn rig(&self) -> Rig<'_> {
        Rig::new(&self.client, &self.miner, 6133)
    }

    /// A proof that would be paid.
    fn unspent(&self) -> SignedWork {
        self.job.work(&self.miner, 6133).unwrap().sign(&self.miner.key).unwrap()
    }
}

fn attempt(good: Option<Bytes>, cheat: Bytes, error: &'static str) -> Attempt {
    Attempt { good, cheat, error, story: String::new(), told: Told::default() }
}

#[track_caller]
fn assert_says<T>(result: Result<T, DemoError>, words: &str) {
    match result {
        Ok(_) => panic!("it passed instead of {words:?}"),
        Err(error) => assert!(error.to_string().contains(words), "{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_none_or_another_fails() {
    let stage = Stage::new().await;
    let (cheat, paid, unspent) = (stage.cheat(), stage.work.calldata(), stage.unspent().calldata());
    let try_it = |attempt| cheat.attempt(attempt);
    assert_says(try_it(attempt(None, unspent.clone(), "InvalidSignature")).await, "accepts it");
    assert_says(
        try_it(attempt(None, paid.clone(), "InvalidSignature")).await,
        "expected InvalidSignature, the reason is WorkAlreadySpent",
    );
    assert_says(try_it(attempt(None, Bytes::new(), "MalformedInput")).await, "the reason is UnknownSelector");
    assert_says(
        try_it(attempt(Some(paid.clone()), paid.clone(), "WorkAlreadySpent")).await,
        "the unspoilt proof is refused, too",
    );
    assert!(try_it(attempt(Some(unspent), paid, "WorkAlreadySpent")).await.is_ok());
    stage.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_that_does_not_hold_fails() {
    let stage = Stage::new().await;
    let receipt = &stage.submitted.receipt;
    assert!(evidence::check(&stage.client, &stage.work, receipt).await.is_ok());
    assert_says(evidence::check(&stage.client, &stage.unspent(), receipt).await, "holds 0x0 instead of");

    let block = stage.client.block(receipt.block_hash.unwrap()).await.unwrap();
    let (root, slot) = (block.header.state_root, evidence::spent_slot(stage.work.work_id()));
    let value = Some(U256::from_be_bytes(stage.work.proof_hash().0));
    let proof = stage.client.proof(&[slot], block.header.hash).await.unwrap();
    evidence::verify(&proof, root, &[slot], &[value]).unwrap();
    assert_says(evidence::verify(&proof, B256::repeat_byte(1), &[slot], &[value]), "does not hold");
    assert_says(evidence::verify(&proof, root, &[B256::ZERO], &[value]), "was asked for");
    assert_says(evidence::verify(&proof, root, &[], &[]), "0 slots were asked for");
    let spoilt = |change: &dyn Fn(&mut alloy_rpc_types_eth::EIP1186AccountProofResponse)| {
        let mut proof = proof.clone();
        change(&mut proof);
        evidence::verify(&proof, root, &[slot], &[value])
    };
    assert_says(spoilt(&|proof| proof.balance += U256::ONE), "the proof of 0x");
    assert_says(spoilt(&|proof| proof.storage_hash = B256::repeat_byte(1)), "the proof of 0x");
    assert_says(spoilt(&|proof| drop(proof.storage_proof[0].proof.pop())), "the proof of slot");
    assert_says(spoilt(&|proof| proof.storage_proof[0].value += U256::ONE), "instead of");
    // A value that nodes do not back, however consistently it is claimed.
    let mut lie = proof.clone();
    lie.storage_proof[0].value += U256::ONE;
    let claimed = value.map(|value| value + U256::ONE);
    assert_says(evidence::verify(&lie, root, &[slot], &[claimed]), "the proof of slot");
    stage.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_to_somebody_else_or_for_other_work_fails() {
    let stage = Stage::new().await;
    let reward = |work, miner| mining::reward(&stage.client, miner, work, &stage.submitted);
    assert!(reward(&stage.work, &stage.miner).await.is_ok());
    let unspent = stage.unspent();
    assert_says(reward(&unspent, &stage.miner).await, "found [");
    let (other, _) = mining::key().unwrap();
    assert_says(reward(&stage.work, &other).await, "expected Balances");
    // A second submission of what is spent never gets as far as a transaction.
    assert_says(mining::submit(&stage.client, &stage.miner, &stage.work).await, "reverts: WorkAlreadySpent");
    stage.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_gone_fails() {
    let node = Node::start(Config { port: 0, ..Config::default() }).await.unwrap();
    let client = Client::new(&node.url(), DEV_ACCOUNTS[1]).unwrap();
    node.stop().await;
    assert_says(client.call(&Bytes::new()).await.map(|_| ()), "eth_call: ");
}

#[tokio::test(flavor = "multi_thread")]
async fn d6_without_the_dev_flag_real_evidence_verifies_and_a_simulated_device_is_not_paid() {
    let stage = Stage::without_dev_flag().await;
    assert!(gpu::real(&stage.client).await.is_ok());
    let attest = stage.rig().attest(&stage.job, stage.submitted.quote).await;
    assert_says(attest, "reverts: SimulatedDeviceNotAllowed");
    stage.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attested_proof_that_is_paid_otherwise_fails() {
    let stage = Stage::new().await;
    let (rig, quote) = (stage.rig(), stage.submitted.quote);
    let dearer = Balances { ai: quote.ai + U256::ONE, ..quote };
    assert_says(rig.attest(&stage.job, dearer).await, "is not 8000/6000 of");
    // The device is known by now, so its two events do not come again.
    assert_says(rig.attest(&stage.job, quote).await, "expected Transfer");
    // Nothing is pinned.
    assert_says(rig.attest_pinned(&stage.job, quote).await, "promises 8000000000, the quote was 9500000000");
    // Only the governor pins.
    let mut stranger = stage.rig();
    stranger.governor = stage.client.with_account(DEV_ACCOUNTS[3]);
    assert_says(stranger.pin().await, "NotGovernor");
    assert!(rig.pin().await.is_ok());
    assert!(rig.attest_pinned(&stage.job, quote).await.is_ok());
    // Pinned once, it is no change any more.
    assert_says(rig.pin().await, "expected FirmwarePinChanged");
    stage.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_evidence_that_is_fresh_enough_after_all_fails_the_demo() {
    let stage = Stage::new().await;
    let rig = stage.rig();
    let (first, _) = rig.attest(&stage.job, stage.submitted.quote).await.unwrap();
    let cheat = GpuCheat { rig: &rig, first: &first };
    assert!(cheat.other_job(&stage.job).await.is_ok());
    // An epoch later nobody has rolled the seed: the old one is the current one.
    assert_says(cheat.old_evidence(&stage.job).await, "accepts it instead of NonceMismatch");
    let job = rig.next_epoch(&stage.job).await.unwrap();
    assert!(cheat.revoked(&job).await.is_ok());
    assert_says(cheat.revoked(&job).await, "refused before the revocation, too");
    stage.node.stop().await;
}
