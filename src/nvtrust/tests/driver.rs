//! Driver versions: what is read, and that they compare as numbers.

use super::support::{Evidence, Random, all_real, not_run};
use crate::{DriverVersion, Report};

fn words(text: &str) -> Option<[u64; 4]> {
    DriverVersion::parse(text.as_bytes()).map(DriverVersion::to_words)
}

#[test]
fn d6_one_to_four_decimal_numbers_between_dots() {
    for (text, expected) in [
        ("0", [0; 4]),
        ("550", [550, 0, 0, 0]),
        ("545.00", [545, 0, 0, 0]),
        ("550.90.07", [550, 90, 7, 0]),
        ("1.2.3.4", [1, 2, 3, 4]),
        ("0000000000000000000000000000007.08", [7, 8, 0, 0]),
        ("18446744073709551615", [u64::MAX, 0, 0, 0]),
        ("018446744073709551615.1", [u64::MAX, 1, 0, 0]),
    ] {
        assert_eq!(words(text), Some(expected), "{text}");
        assert_eq!(DriverVersion::from_words(expected), DriverVersion::parse(text.as_bytes()).expect(text));
    }
    for text in [
        "",
        ".",
        "550.",
        ".550",
        "550..07",
        "1.2.3.4.5",
        "1.2.3.4.",
        "+550",
        "-550",
        "550.-1",
        " 550",
        "550 ",
        "550. 90",
        "550\0",
        "550.90.07\0",
        "0x226",
        "550a",
        "550,90",
        "550/1",
        "550:1",
        "٥",
        "1e3",
        "18446744073709551616",
        "1.18446744073709551616",
        "99999999999999999999999999999999999999",
    ] {
        assert_eq!(words(text), None, "{text:?}");
    }
    assert_eq!(DriverVersion::parse(&[b'1', 0xFF]), None);
}

#[test]
fn d6_versions_compare_as_numbers_not_as_text() {
    let ascending = [
        "0",
        "0.0.0.1",
        "9.99",
        "535.86.09",
        "545.00",
        "550.9.7",
        "550.90.07",
        "550.90.12",
        "550.90.12.1",
        "550.127.05",
        "570.124.03",
        "580.95.05",
        "580.159.03",
        "590.12",
        "590.48.01",
        "1000.1",
        "1000.01.00.01",
    ];
    let parsed = ascending.map(|text| DriverVersion::parse(text.as_bytes()).expect(text));
    for (at, version) in parsed.iter().enumerate() {
        for (other, compared) in parsed.iter().enumerate() {
            assert_eq!(version.cmp(compared), at.cmp(&other), "{} {}", ascending[at], ascending[other]);
        }
    }
    // What is not written is zero.
    for equal in ["550.90", "550.90.0", "550.090.00.0"] {
        assert_eq!(words(equal), Some([550, 90, 0, 0]), "{equal}");
    }
}

#[test]
fn d6_a_version_is_printed_as_nvidia_writes_it_and_read_back() {
    for text in ["550.90.07", "545.00", "590.12", "580.159.03", "1.02.03.04", "1.00.00.01"] {
        assert_eq!(DriverVersion::parse(text.as_bytes()).expect(text).to_string(), text);
    }
    let seed = 0xD6;
    println!("seed {seed}");
    let mut random = Random(seed);
    for _ in 0..1_000 {
        let version = DriverVersion::from_words([0; 4].map(|_: u64| random.next() >> random.below(64)));
        let text = version.to_string();
        assert_eq!(DriverVersion::parse(text.as_bytes()), Some(version), "{text}");
    }
}

#[test]
fn d6_every_real_driver_version_is_read() {
    let mut evidence = vec![Evidence::h100()];
    match all_real() {
        Some(all) => evidence.extend(all),
        None => not_run("d6, driver versions of 16 real reports"),
    }
    let mut read = 0;
    for Evidence { id, report, .. } in &evidence {
        let report = Report::parse(Report::without_padding(report).expect("a report")).expect("a report");
        // An NVSwitch has none.
        let Some(text) = report.opaque().driver() else { continue };
        let version = DriverVersion::parse(text.as_bytes()).expect(text);
        assert_eq!(version.to_string(), text, "{id}");
        read += 1;
    }
    assert!(read == 1 || read == 15, "{read}");
}
