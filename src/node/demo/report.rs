//! What the demo prints: a story for people, or one JSON object a step.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{DemoError, text};

/// A step of the demo. The names in JSON are fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Node,
    Key,
    Job,
    Proof,
    Submit,
    Reward,
    StorageProof,
    Ledger,
    RefuseReplay,
    RefuseChain,
    RefuseSignature,
    RefuseRecipient,
    RefuseStale,
    RealEvidence,
    Attest,
    Pin,
    AttestPinned,
    AttestAgain,
    RefuseOtherJob,
    RefuseOldEvidence,
    RefuseRevoked,
    Done,
}

impl Step {
    /// Steps before `done`.
    const COUNT: usize = Self::Done as usize;

    /// For programs.
    fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Key => "key",
            Self::Job => "job",
            Self::Proof => "proof",
            Self::Submit => "submit",
            Self::Reward => "reward",
            Self::StorageProof => "storage_proof",
            Self::Ledger => "ledger",
            Self::RefuseReplay => "refuse_replay",
            Self::RefuseChain => "refuse_chain",
            Self::RefuseSignature => "refuse_signature",
            Self::RefuseRecipient => "refuse_recipient",
            Self::RefuseStale => "refuse_stale",
            Self::RealEvidence => "real_evidence",
            Self::Attest => "attest",
            Self::Pin => "pin",
            Self::AttestPinned => "attest_pinned",
            Self::AttestAgain => "attest_again",
            Self::RefuseOtherJob => "refuse_other_job",
            Self::RefuseOldEvidence => "refuse_old_evidence",
            Self::RefuseRevoked => "refuse_revoked",
            Self::Done => "done",
        }
    }

    /// For people.
    fn title(self) -> &'static str {
        match self {
            Self::StorageProof => "storage proof",
            Self::RefuseReplay => "replay",
            Self::RefuseChain => "other chain",
            Self::RefuseSignature => "flipped bit",
            Self::RefuseRecipient => "theft",
            Self::RefuseStale => "stale",
            Self::RealEvidence => "a real H100",
            Self::Attest => "attested",
            Self::AttestPinned => "pinned",
            Self::AttestAgain => "known device",
            Self::RefuseOtherJob => "other job",
            Self::RefuseOldEvidence => "old evidence",
            Self::RefuseRevoked => "revoked",
            _ => self.name(),
        }
    }
}

/// What a step that went as intended has to say.
#[derive(Debug, Default)]
pub(super) struct Told {
    headline: String,
    details: Vec<String>,
    facts: Map<String, Value>,
    error: Option<&'static str>,
}

impl Told {
    pub(super) fn new(headline: impl Into<String>) -> Self {
        Self { headline: headline.into(), ..Self::default() }
    }

    pub(super) fn headline(mut self, headline: impl Into<String>) -> Self {
        self.headline = headline.into();
        self
    }

    /// A line below the headline: why it matters.
    pub(super) fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// A field of the JSON object. Hashes, addresses and amounts are strings.
    pub(super) fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// A field that prints itself.
    pub(super) fn text(self, name: &str, value: impl ToString) -> Self {
        self.fact(name, value.to_string())
    }

    /// The revert's name, where the step is a refusal.
    pub(super) fn error(mut self, name: &'static str) -> Self {
        self.error = Some(name);
        self
    }

    /// The time of a part of the step, in microseconds.
    pub(super) fn micros(self, name: &str, time: Duration) -> Self {
        self.fact(name, micros(time))
    }
}

#[derive(Serialize)]
struct Line<'a> {
    step: &'static str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    micros: u64,
    #[serde(flatten)]
    facts: &'a Map<String, Value>,
}

/// How the steps are printed, and which failed.
#[derive(Debug)]
pub(super) struct Report {
    json: bool,
    colour: bool,
    began: Instant,
    passed: usize,
    /// The steps that failed, with their reasons.
    failed: Vec<(Step, String)>,
}

#[derive(Clone, Copy)]
enum Style {
    Good,
    Bad,
    Strong,
    Faint,
}

/// Columns of a step's title.
const TITLE: usize = 13;
/// Columns of a headline; the time follows.
const HEADLINE: usize = 66;

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Colours are for terminals, and not for those who set NO_COLOR (<https://no-color.org>).
fn wants_colour() -> bool {
    let unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
    io::stdout().is_terminal()
        && unset("NO_COLOR")
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self { json, colour: !json && wants_colour(), began: Instant::now(), passed: 0, failed: Vec::new() }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Good => "32",
            Style::Bad => "1;31",
            Style::Strong => "1",
            Style::Faint => "2",
        };
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A heading between the steps.
    pub(super) fn heading(&self, text: &str, below: &str) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        writeln!(
            io::stdout(),
            "\n  {}\n  {}\n",
            self.paint(Style::Strong, text),
            self.paint(Style::Faint, below)
        )
    }

    /// Does a step, prints how it went, and gives what it made, if it made it.
    ///
    /// # Errors
    /// Nothing can be printed.
    pub(super) async fn step<T>(
        &mut self,
        step: Step,
        work: impl Future<Output = Result<(T, Told), DemoError>>,
    ) -> io::Result<Option<T>> {
        let began = Instant::now();
        match work.await {
            Ok((made, told)) => {
                self.passed += 1;
                self.print(step, began, Ok(&told))?;
                Ok(Some(made))
            }
            Err(error) => {
                let reason = error.to_string();
                self.print(step, began, Err(&reason))?;
                self.failed.push((step, reason));
                Ok(None)
            }
        }
    }

    /// The last line.
    ///
    /// # Errors
    /// The steps that failed, by name and reason; or nothing can be printed.
    pub(super) fn done(self, summary: &str) -> Result<(), DemoError> {
        let began = self.began;
        let mut told = Told::new(summary).fact("steps", self.passed);
        let Some((step, reason)) = self.failed.first() else {
            if self.passed != Step::COUNT {
                return Err(DemoError::Unexpected(format!(
                    "only {} of {} steps ran",
                    self.passed,
                    Step::COUNT
                )));
            }
            self.gap()?;
            return Ok(self.print(Step::Done, began, Ok(&told))?);
        };
        let names: Vec<&str> = self.failed.iter().map(|(step, _)| step.name()).collect();
        told = told.fact("failed", names);
        self.gap()?;
        self.print_with(Step::Done, began, Err(&format!("failed at step {}", step.name())), &told.facts)?;
        Err(DemoError::Failed { step: step.name(), reason: reason.clone() })
    }

    fn gap(&self) -> io::Result<()> {
        if self.json { Ok(()) } else { writeln!(io::stdout()) }
    }

    fn print(&self, step: Step, began: Instant, told: Result<&Told, &str>) -> io::Result<()> {
        let empty = Map::new();
        let facts = told.map_or(&empty, |told| &told.facts);
        self.print_with(step, began, told, facts)
    }

    fn print_with(
        &self,
        step: Step,
        began: Instant,
        told: Result<&Told, &str>,
        facts: &Map<String, Value>,
    ) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            let line = Line {
                step: step.name(),
                ok: told.is_ok(),
                error: told.ok().and_then(|told| told.error),
                reason: told.err(),
                micros: micros(began.elapsed()),
                facts,
            };
            writeln!(out, "{}", serde_json::to_string(&line)?)?;
            return out.flush();
        }
        let (mark, style, headline) = match told {
            Ok(told) => ("✓", Style::Good, told.headline.as_str()),
            Err(reason) => ("✗", Style::Bad, reason),
        };
        let title = format!("{:<TITLE$}", step.title());
        let time = text::duration(began.elapsed());
        writeln!(
            out,
            "  {} {} {headline:<HEADLINE$} {}",
            self.paint(style, mark),
            self.paint(Style::Strong, &title),
            self.paint(Style::Faint, &format!("{time:>8}")),
        )?;
        for detail in told.ok().into_iter().flat_map(|told| &told.details) {
            writeln!(out, "    {:<TITLE$} {}", "", self.paint(Style::Faint, detail))?;
        }
        out.flush()
    }
}
