//! What is printed: tables for people, one JSON object for scripts.

use std::io::{self, IsTerminal as _, Write as _};

use serde_json::{Map, Value, json};

use crate::verdict::Refusal;

/// Columns of a row's label.
const LABEL: usize = 11;

/// Colours are for terminals, and not for those who set NO_COLOR (<https://no-color.org>).
fn wants_colour() -> bool {
    let unset = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
    io::stdout().is_terminal()
        && unset("NO_COLOR")
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn paint(code: &str, text: &str) -> String {
    if wants_colour() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// A text from evidence, which may be anybody's, without what would steer a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The verdict that a person waits for.
pub(crate) fn good(text: &str) -> String {
    paint("32", text)
}

/// The other one.
pub(crate) fn bad(text: &str) -> String {
    paint("1;31", text)
}

/// Rows of a label and what it says. A row without a label goes on with the one before.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<(&'static str, String)>);

impl Table {
    /// Adds a row.
    pub(crate) fn row(&mut self, label: &'static str, text: impl Into<String>) {
        self.0.push((label, text.into()));
    }

    /// Prints the rows.
    pub(crate) fn print(&self) -> io::Result<()> {
        self.print_to(&mut io::stdout().lock())
    }

    /// Prints them elsewhere.
    pub(crate) fn print_to(&self, out: &mut impl io::Write) -> io::Result<()> {
        for (label, text) in &self.0 {
            writeln!(out, "{label:LABEL$} {text}")?;
        }
        Ok(())
    }
}

/// Prints an object.
pub(crate) fn print_json(object: Map<String, Value>) -> io::Result<()> {
    writeln!(io::stdout(), "{:#}", Value::Object(object))
}

/// Prints a refusal; `more` is what else the command's JSON says.
pub(crate) fn refused(refusal: &Refusal, json: bool, more: Map<String, Value>) -> io::Result<()> {
    if json {
        let mut object = more;
        object.insert("verdict".to_owned(), json!("refused"));
        object.insert("reason".to_owned(), refusal.to_json());
        return print_json(object);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{} {refusal}", bad(&format!("{:LABEL$}", "REFUSED")))?;
    writeln!(out, "{:LABEL$} {}", "reason", refusal.name())?;
    for line in refusal.details() {
        writeln!(out, "{:LABEL$} {line}", "")?;
    }
    Ok(())
}
