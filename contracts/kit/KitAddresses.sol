// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.20;

/// @dev The precompile's address, where the shim is put.
address constant SHIM_ADDRESS = 0x0000000000000000000000000000000000000300;

/// @dev Accounts that the shim uses, at addresses that nobody else does: the last 20 bytes of keccak256 of
/// "pars.kit.native-mint", "pars.kit.static-probe" and "pars.kit.gas-burner".
address constant NATIVE_MINT = 0x82d4E74945497629758d2e4A932Ec5d2eF1a872D;
address constant STATIC_PROBE = 0x33cb4AD3745685b72fdEfC88906318adE00D1548;
address constant GAS_BURNER = 0x19A77D9229B9b7dDB089F9a36B017C500656164d;
