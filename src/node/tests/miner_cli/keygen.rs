use super::*;

#[test]
fn keygen_writes_a_private_file_and_says_whose_key_it_is() {
    for (set, id) in [(None, 65), (Some("44"), 44), (Some("87"), 87)] {
        let folder = Folder::new(&format!("keygen-{id}"));
        let mut arguments = vec!["keygen", "--out", "key.json"];
        arguments.extend(set.iter().flat_map(|set| ["--set", set]));
        let output = folder.run(&arguments);
        assert!(output.status.success(), "{}", stderr(&output));

        let path = folder.0.join("key.json");
        let key = MinerKey::load(&path).unwrap();
        assert_eq!(key.parameter_set().id(), id);
        let told = stdout(&output);
        assert!(told.contains(&key.address().to_string()), "{told}");
        assert!(told.contains(&key.device_id().to_string()), "{told}");

        let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(file["version"], 1);
        assert_eq!(file["parameter_set"], id);
        assert_eq!(bytes(&file["public_key"]), *key.public_key());
        assert_eq!(file["miner"], key.address().to_string());
        assert_eq!(hash(&file["device_id"]), key.device_id());
        let seed = file["seed"].as_str().unwrap();
        assert_eq!(bytes(&file["seed"]).len(), 32);
        assert!(!told.contains(seed), "the secret is on the screen");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn keygen_takes_a_new_seed_each_time_and_a_given_one_as_it_is() {
    let folder = Folder::new("keygen-seed");
    let seed_of = |arguments: &[&str], name: &str| {
        let output = folder.run(&[&["keygen", "--set", "44", "--out", name], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let file: Value = serde_json::from_slice(&fs::read(folder.0.join(name)).unwrap()).unwrap();
        file["seed"].as_str().unwrap().to_owned()
    };
    assert_ne!(seed_of(&[], "a"), seed_of(&[], "b"));
    assert_eq!(seed_of(&["--seed", SEED], "c"), SEED);
    assert_eq!(seed_of(&["--seed", &SEED[2..]], "d"), SEED);
}

#[test]
fn keygen_never_overwrites() {
    let folder = Folder::new("keygen-exists");
    let path = folder.file("key.json", "what was there");
    assert_refused(
        &folder.run(&["keygen", "--out", "key.json"]),
        1,
        &["key.json exists already", "never overwritten"],
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "what was there");

    // The default name is no exception, nor is a link that leads nowhere.
    assert!(folder.run(&["keygen", "--set", "44"]).status.success());
    let first = fs::read(folder.0.join("pars-miner-key.json")).unwrap();
    assert_refused(&folder.run(&["keygen", "--set", "44"]), 1, &["exists already"]);
    assert_eq!(fs::read(folder.0.join("pars-miner-key.json")).unwrap(), first);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", folder.0.join("link")).unwrap();
        assert_refused(&folder.run(&["keygen", "--out", "link"]), 1, &["exists already"]);
        assert!(!folder.0.join("nowhere").exists());
    }
    assert_refused(&folder.run(&["keygen", "--out", "no/such/folder/key"]), 1, &["cannot write"]);
}

#[test]
fn keygen_usage_errors_exit_with_2() {
    let folder = Folder::new("keygen-usage");
    for (arguments, word) in [
        (vec!["--set", "66"], "44, 65 and 87"),
        (vec!["--set", "300"], "44, 65 and 87"),
        (vec!["--set", "x"], "44, 65 and 87"),
        (vec!["--seed", "0x12"], "--seed"),
        (vec!["--seed", "xyz"], "--seed"),
        (vec!["--nonsense"], "--nonsense"),
    ] {
        assert_refused(&folder.run(&[vec!["keygen"], arguments].concat()), 2, &[word]);
    }
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0, "nothing is written");
}
