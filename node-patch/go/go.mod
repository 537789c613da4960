module pars.network/aimining

go 1.22
