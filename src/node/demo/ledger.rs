//! What the ledger says of the work that was just paid: no trie answers who was paid for it, when, and what else a miner
//! earned.

use pars_node::miner::SignedWork;
use serde_json::{Value, json};

use super::{
    DemoError,
    client::Client,
    ensure,
    mining::Miner,
    report::Told,
    text::{count, short},
};

/// Asks who spent the work id, and for the miner's history. The ledger follows the chain and decides nothing.
pub(super) async fn check(
    client: &Client,
    miner: &Miner,
    work: &SignedWork,
) -> Result<((), Told), DemoError> {
    let id = work.work_id();
    let found: Value = client.ask("aimining_getWork", vec![json!(id)]).await?;
    let row = &found["work"];
    ensure(found["status"] == "spent" && row["proofHash"] == json!(work.proof_hash()), || {
        format!("the ledger says of the work id: {found}")
    })?;
    let history: Value =
        client.ask("aimining_getHistory", vec![json!(miner.key.address()), json!("miner")]).await?;
    let entries = history["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    ensure(entries.len() == 1 && entries[0]["workId"] == json!(id), || {
        format!("the ledger says of the miner: {history}")
    })?;
    let transaction = row["transactionHash"].as_str().unwrap_or_default();
    let told = Told::new(format!("work id {} was spent in transaction {}", short(id), short(transaction)))
        .detail(format!("The miner's history has {}.", count(entries.len() as u64, "payment")))
        .detail("With --datadir DIR chain and ledger outlive the node; `pars-ledger audit DIR`")
        .detail("computes every row again from the chain.")
        .fact("work", row.clone())
        .fact("block", found["block"].clone());
    Ok(((), told))
}
