//! One condition each. Names without `own:` are the nineteen mutants on which published vector sets were compared.

/// A change of the engine's source.
pub(crate) struct Mutant {
    pub(crate) name: &'static str,
    /// File below `engine/`, the text there (once), what replaces it.
    pub(crate) changes: &'static [(&'static str, &'static str, &'static str)],
}

const NORM: &str = "norm >= p.norm_bound()";
const SORTED: &str = "!ones.is_sorted_by(|before, place| before < place)";
const COUNT: &str = "usize::from(cut).checked_sub(index)?";
const ONES: &str = "unread.split_at_checked(count)?";
const NEXT: &str = "(index, unread) = (usize::from(cut), later);";
const LENGTH: &str =
    "        if signature.len() != parameters.set.signature_len() {\n            return None;\n        }\n";

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant { name: "no check of ‖z‖", changes: &[("verify.rs", NORM, "norm > i32::MAX - 1")] },
    Mutant { name: "≤ instead of <", changes: &[("verify.rs", NORM, "norm > p.norm_bound()")] },
    Mutant { name: "bound γ1", changes: &[("verify.rs", NORM, "norm >= p.gamma1.value()")] },
    Mutant {
        name: "bound too tight by one",
        changes: &[("verify.rs", NORM, "norm >= p.norm_bound().wrapping_sub(1)")],
    },
    Mutant {
        name: "only the positive side",
        changes: &[("encoding.rs", "norm.max(coefficient.wrapping_abs())", "norm.max(*coefficient)")],
    },
    Mutant {
        name: "only the first polynomial",
        changes: &[(
            "verify.rs",
            "if norm >= p.norm_bound() {",
            "if norm >= p.norm_bound() && bytes.as_ptr() == claim.signature.z.as_ptr() {",
        )],
    },
    Mutant { name: "hint order ≤", changes: &[("encoding.rs", "before < place", "before <= place")] },
    Mutant { name: "hint order unchecked", changes: &[("encoding.rs", SORTED, "ones.len() > 256")] },
    Mutant {
        name: "hint order across polynomials",
        changes: &[(
            "encoding.rs",
            SORTED,
            "!places.split_at(usize::from(cut)).0.is_sorted_by(|before, place| before < place)",
        )],
    },
    Mutant {
        name: "unused positions unchecked",
        changes: &[("encoding.rs", "unread.iter().all(|&place| place == 0)", "(unread.len() < 256)")],
    },
    Mutant {
        name: "cuts may fall",
        changes: &[
            ("encoding.rs", COUNT, "usize::from(cut).saturating_sub(index)"),
            ("encoding.rs", NEXT, "(index, unread) = (usize::from(cut).max(index), later);"),
        ],
    },
    Mutant {
        name: "cut > ω clipped",
        changes: &[
            ("encoding.rs", ONES, "unread.split_at(count.min(unread.len()))"),
            ("encoding.rs", NEXT, "(index, unread) = (usize::from(cut).min(parameters.omega), later);"),
        ],
    },
    Mutant {
        name: "32 bytes of c̃ compared",
        changes: &[(
            "verify.rs",
            "self.challenge.starts_with(claim.signature.challenge)",
            "self.challenge.starts_with(claim.signature.challenge.split_at(32).0)",
        )],
    },
    Mutant {
        name: "SampleInBall from 32 bytes of c̃",
        changes: &[(
            "verify.rs",
            "Task::Hash { input: Input::new(&[], [claim.signature.challenge, &[]]), output: ball }",
            "Task::Hash { input: Input::new(&[], [claim.signature.challenge.split_at(32).0, &[]]), output: ball }",
        )],
    },
    Mutant { name: "UseHint r0 ≥ 0", changes: &[("hint.rs", "if r0 > 0 {", "if r0 >= 0 {")] },
    Mutant {
        name: "UseHint without mod m",
        changes: &[
            ("hint.rs", "if r1 == last { 0 } else { next }", "next & (if m == 44 { 63 } else { 15 })"),
            ("hint.rs", "} else if r1 == 0 {", "} else if r1 == 0 && m == 16 {"),
            ("hint.rs", "        before\n", "        before & 63\n"),
        ],
    },
    Mutant {
        name: "Decompose without the wrap",
        changes: &[("hint.rs", "if r1 == 44 { 0 } else { r1 }", "r1")],
    },
    Mutant {
        name: "longer signatures cut",
        changes: &[(
            "encoding.rs",
            LENGTH,
            "        let signature = signature.split_at_checked(parameters.set.signature_len())?.0;\n",
        )],
    },
    Mutant {
        name: "shorter signatures filled up",
        changes: &[(
            "encoding.rs",
            LENGTH,
            "        let mut filled = signature.to_vec();\n        \
             while filled.len() < parameters.set.signature_len() {\n            filled.push(0);\n        }\n        \
             let signature: &'a [u8] = filled.leak();\n        \
             if signature.len() != parameters.set.signature_len() {\n            return None;\n        }\n",
        )],
    },
    Mutant {
        name: "own: only the positive side, AVX2",
        changes: &[(
            "avx2/bytes.rs",
            "_mm256_max_epi32(norm, _mm256_abs_epi32(value))",
            "_mm256_max_epi32(norm, value)",
        )],
    },
    Mutant {
        name: "own: Decompose without the wrap, AVX2",
        changes: &[(
            "avx2/arithmetic.rs",
            "_mm256_andnot_si256(_mm256_cmpeq_epi32(r1, _mm256_set1_epi32(44)), r1)",
            "r1",
        )],
    },
    Mutant {
        name: "own: batches group by ρ",
        changes: &[(
            "batch.rs",
            "encoded.entry((set, public_key)).or_default().push(open)",
            "{\n                let twin = encoded.keys().find(|(_, key): &&(ParameterSet, &[u8])| \
             key.get(..32) == public_key.get(..32)).copied();\n                \
             encoded.entry(twin.unwrap_or((set, public_key))).or_default().push(open)\n            }",
        )],
    },
    Mutant {
        name: "own: a verdict goes to the job before",
        changes: &[(
            "batch.rs",
            "for (work, (_, open)) in works.iter().zip(jobs) {",
            "for (work, (_, open)) in works.iter().skip(1).zip(jobs) {",
        )],
    },
];
