//! The AI-mining precompile in nodes and tools on alloy-evm.
