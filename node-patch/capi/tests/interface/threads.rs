//! Many threads over one handle.

use crate::{
    c::*,
    vectors::{Expected, File, read},
};
use std::collections::BTreeMap;

const THREADS: usize = 8;

#[test]
fn eight_threads_over_one_handle_get_the_answers_of_one() {
    for name in ["work-valid.json", "attested-valid.json", "teleport.json", "views.json"] {
        let file: File = read(name);
        let chains = file.chains();
        let alone: BTreeMap<&str, Expected> =
            file.vectors.iter().map(|vector| (&*vector.name, file.run(vector, &chains))).collect();
        let (file, chains, alone) = (&file, &chains, &alone);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || {
                    // Each begins elsewhere, so that different calls run at the same time.
                    let count = file.vectors.len();
                    for step in 0..count {
                        let vector = &file.vectors[(step + thread * count / THREADS) % count];
                        assert_eq!(file.run(vector, chains), alone[&*vector.name], "{name}: {}", vector.name);
                    }
                });
            }
        });
    }
}

#[test]
fn every_function_of_a_handle_answers_beside_the_others() {
    let (precompile, host) = fixture();
    let (config, account) = (precompile.config(), precompile.account(6133));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(precompile.config(), config);
                    assert_eq!(precompile.account(6133), account);
                    assert_eq!(precompile.check(6133), (SUCCESS, String::new()));
                    assert_eq!(precompile.check(6134).0, REFUSED);
                    let mut fresh = Host::default();
                    assert_eq!(precompile.activate(&mut fresh, 6133).0, SUCCESS);
                    assert_eq!(fresh.state, host.state);
                }
            });
        }
    });
}
