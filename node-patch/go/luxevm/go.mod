module pars.network/aimining/luxevm

go 1.26.4

require (
	github.com/holiman/uint256 v1.3.2
	github.com/luxfi/consensus v1.36.73
	github.com/luxfi/evm v1.104.49
	github.com/luxfi/geth v1.20.2
	github.com/luxfi/log v1.4.3
	github.com/luxfi/sys v0.1.0
	github.com/luxfi/version v1.0.1
	github.com/luxfi/vm v1.3.14
	pars.network/aimining v0.0.0
)

replace pars.network/aimining => ..
