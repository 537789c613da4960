//! Figures for monitoring, in Prometheus' text format.

use std::fmt::Write as _;

use super::{LedgerService, Phase};

/// `Content-Type` of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Collects samples.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// A figure that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.sample(name, help, "gauge", value);
    }

    /// A figure that only grows.
    pub fn counter(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.sample(name, help, "counter", value);
    }

    fn sample(&mut self, name: &str, help: &str, kind: &str, value: impl std::fmt::Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    }

    /// The text.
    pub fn finish(self) -> String {
        self.0
    }
}

/// Microseconds as seconds, which is the unit of the format.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

impl LedgerService {
    /// Adds the ledger's figures. Those that need an open ledger are left out while there is none.
    pub fn expose(&self, out: &mut Exposition) {
        let phase = self.phase();
        let state = |wanted: fn(&Phase) -> bool| u8::from(wanted(&phase));
        out.gauge(
            "pars_ledger_open",
            "1 if the ledger is open.",
            state(|phase| !matches!(phase, Phase::Closed(_))),
        );
        out.gauge(
            "pars_ledger_following",
            "1 if the ledger follows the chain; 0 while it heals, is stalled or closed.",
            state(|phase| matches!(phase, Phase::Following)),
        );
        out.counter(
            "pars_ledger_rebuilds_total",
            "Times the ledger was thrown away and built again from the chain.",
            self.rebuilds(),
        );
        let Ok(ledger) = self.get() else { return };
        let ledger = &ledger.0;
        let height = self.chain.height();
        // Blocks that it has not, block 0 included while it is empty.
        let lag = ledger.head().map_or(height.saturating_add(1), |head| height.saturating_sub(head.number));
        out.gauge("pars_ledger_lag_blocks", "Blocks of the chain that the ledger has not applied yet.", lag);
        if let Some(head) = ledger.head() {
            out.gauge("pars_ledger_height", "Height of the ledger's head.", head.number);
        }
        if let Some(finalized) = ledger.finalized() {
            out.gauge(
                "pars_ledger_finalized_height",
                "Height of the last block that the ledger cannot take back.",
                finalized.number,
            );
        }
        let figures = ledger.metrics();
        out.counter("pars_ledger_blocks_applied_total", "Blocks applied.", figures.applied);
        out.counter("pars_ledger_blocks_reverted_total", "Blocks taken back.", figures.reverted);
        out.counter(
            "pars_ledger_heals_total",
            "Times the ledger differed from the chain and was made equal, the first start included.",
            figures.heals,
        );
        out.counter(
            "pars_ledger_inconsistencies_total",
            "Times the ledger was found to be wrong.",
            figures.inconsistencies,
        );
        out.counter(
            "pars_ledger_commit_seconds_total",
            "Time spent on committing blocks, disk included.",
            seconds(figures.commit_micros),
        );
        out.gauge(
            "pars_ledger_last_commit_seconds",
            "Time that the last commit of a block took.",
            seconds(figures.last_commit_micros),
        );
    }
}
