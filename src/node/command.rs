//! What every subcommand shares.

/// What a subcommand fails with; its text is for the user.
pub(crate) type CommandError = Box<dyn std::error::Error + Send + Sync>;
