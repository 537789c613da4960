//! The AI-mining precompile behind a C ABI.
