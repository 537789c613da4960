//! The vectors and tables of `precompile-spec`: they run, they are what this build makes, and the text says what the
//! code does.

mod golden;
mod suite;
mod tables;
